/**
 * A browser opens a file or a link that is dropped on a page in place of the page, and everything that was not sent is lost. A place that
 * takes files has said so before the event reaches the window, and the address of a link can be dropped into a field. Returns a function that
 * ends it.
 */
export function refuseStrayDrops(): () => void {
  const refuse = (event: DragEvent): void => {
    const { types = [] } = event.dataTransfer ?? {}
    const isField = event.target instanceof Element && event.target.matches('input, textarea')
    if (event.defaultPrevented || !event.dataTransfer) return
    if (!types.includes('Files') && (isField || !types.includes('text/uri-list'))) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  }
  const types = ['dragenter', 'dragover', 'drop'] as const
  for (const type of types) window.addEventListener(type, refuse)
  return () => {
    for (const type of types) window.removeEventListener(type, refuse)
  }
}

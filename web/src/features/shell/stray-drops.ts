/**
 * A browser opens a file that is dropped on a page in place of the page, and everything that was not sent is lost. A place that takes
 * files has said so before the event reaches the window. Returns a function that ends it.
 */
export function refuseStrayDrops(): () => void {
  const refuse = (event: DragEvent): void => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  }
  const types = ['dragenter', 'dragover', 'drop'] as const
  for (const type of types) window.addEventListener(type, refuse)
  return () => {
    for (const type of types) window.removeEventListener(type, refuse)
  }
}

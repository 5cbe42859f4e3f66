import { onBeforeUnmount, shallowRef } from 'vue'

interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>
}
const api = (): DocumentPictureInPicture | undefined =>
  (window as Window & { readonly documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture

/** A small window over all others, with the call in it; browsers without one show the video of one person there. */
export function usePictureWindow(videoInSight: () => HTMLVideoElement | null) {
  /** Where the small call is drawn; undefined: it is closed. */
  const place = shallowRef<HTMLElement>()
  const available = api() !== undefined || document.pictureInPictureEnabled
  let opened: Window | undefined

  async function toggle(): Promise<void> {
    if (opened) {
      opened.close()
      return
    }
    const documents = api()
    if (!documents) return toggleVideo()
    const window_ = await documents.requestWindow({ width: 360, height: 260 })
    dress(window_.document)
    window_.addEventListener('pagehide', () => {
      place.value = undefined
      opened = undefined
    })
    opened = window_
    place.value = window_.document.body
  }

  async function toggleVideo(): Promise<void> {
    if (document.pictureInPictureElement) return document.exitPictureInPicture()
    const video = videoInSight()
    if (!video) return
    video.disablePictureInPicture = false
    await video.requestPictureInPicture()
  }

  onBeforeUnmount(() => opened?.close())
  return { place, available, toggle }
}

/** Copies the styles of this page. */
function dress(target: Document): void {
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style'))
    target.head.append(sheet.cloneNode(true))
  target.documentElement.dataset.theme = 'dark'
  target.documentElement.lang = document.documentElement.lang
  target.title = document.title
}

import { watch } from 'vue'

const TITLE = 'Beseda'
const SIZE = 64

/** Shows the unread count in the title, on the favicon and on the installed app. Returns a function that stops it. */
export function keepBadge(count: () => number): () => void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const plain = icon?.href ?? ''
  let drawn = ''
  const show = (n: number) => {
    document.title = n > 0 ? `(${n}) ${TITLE}` : TITLE
    if (icon) {
      if (n > 0 && drawn === '') void draw(plain).then((url) => apply(icon, url))
      icon.href = n > 0 && drawn !== '' ? drawn : plain
    }
    // Refused where the client is not installed as an app: the title and the icon of the page show the same.
    if (n > 0) void navigator.setAppBadge?.(n).catch(() => undefined)
    // As above.
    else void navigator.clearAppBadge?.().catch(() => undefined)
  }
  const apply = (link: HTMLLinkElement, url: string) => {
    drawn = url
    if (count() > 0) link.href = url
  }
  const stop = watch(count, show, { immediate: true })
  return () => {
    stop()
    show(0)
  }
}

/** The favicon with a dot in its corner. */
async function draw(mark: string): Promise<string> {
  const picture = new Image(SIZE, SIZE)
  picture.src = mark
  await picture.decode()
  const canvas = document.createElement('canvas')
  canvas.width = SIZE
  canvas.height = SIZE
  const pen = canvas.getContext('2d')
  if (!pen) return mark
  pen.drawImage(picture, 0, 0, SIZE, SIZE)
  pen.beginPath()
  pen.arc(SIZE - 16, 16, 16, 0, Math.PI * 2)
  pen.fillStyle = '#c8372d'
  pen.fill()
  return canvas.toDataURL('image/png')
}

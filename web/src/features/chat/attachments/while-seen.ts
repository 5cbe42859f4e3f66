import type { Ref } from 'vue'

/** Pixels beyond the screen at which a picture counts as seen: it moves before one sees it. */
const MARGIN = '64px'

/** Keeps `seen` true while the element is on the screen. Returns a function that stops it. */
export function whileSeen(element: Element, seen: Ref<boolean>): () => void {
  const observer = new IntersectionObserver(
    (changes) => {
      seen.value = changes.at(-1)?.isIntersecting ?? true
    },
    { rootMargin: MARGIN },
  )
  observer.observe(element)
  return () => observer.disconnect()
}

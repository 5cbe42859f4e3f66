/** Regions that F6 cycles through: those marked `data-landmark`, the list of messages and the composer. */
const LANDMARKS = '[data-landmark], [role="log"], main textarea'
const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), textarea, select, [tabindex]:not([tabindex="-1"])'

const isShown = (element: HTMLElement) =>
  element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert]')
/** The element of a region that had the focus when the region was left. */
const last = new WeakMap<HTMLElement, HTMLElement>()

/** The visible regions, in the order of the page. Of nested ones, the inner. */
export function landmarks(root: ParentNode = document): HTMLElement[] {
  const all = [...root.querySelectorAll<HTMLElement>(LANDMARKS)].filter(isShown)
  return all.filter((one) => !all.some((other) => other !== one && one.contains(other)))
}

function enter(region: HTMLElement): void {
  const before = last.get(region)
  const inside = [...region.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(isShown)
  const current = inside.find((element) => element.matches('[aria-current="page"], [tabindex="0"]'))
  const known = before?.isConnected && isShown(before) ? before : undefined
  const target = region.matches(FOCUSABLE) ? region : (known ?? current ?? inside[0])
  if (target) target.focus()
  else {
    region.tabIndex = -1
    region.focus()
  }
}

/** Moves the focus to the next region (1) or the previous one (-1), wrapping around. */
export function cycleLandmarks(by: 1 | -1, root: ParentNode = document): void {
  const regions = landmarks(root)
  const { activeElement } = document
  const at = regions.findIndex((region) => region.contains(activeElement))
  const left = regions[at]
  if (left && activeElement instanceof HTMLElement) last.set(left, activeElement)
  const next = regions[at < 0 ? (by > 0 ? 0 : regions.length - 1) : (at + by + regions.length) % regions.length]
  if (next) enter(next)
}

/** Where a menu is opened, and the element that has the focus again afterwards. In px of the window. */
export interface MenuPoint {
  readonly x: number
  readonly y: number
  readonly from: HTMLElement
}

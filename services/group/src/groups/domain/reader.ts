/** Somebody who reads a group's history. */
export interface Reader {
  readonly userId: string
  /** Messages up to this sequence are hidden from this member, who joined later. */
  readonly hiddenBefore: number
  /** Unix ms. */
  readonly now: number
}

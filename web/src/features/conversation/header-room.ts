/** Which buttons of the bar of a conversation have no room and are in its menu. The classes of the buttons hide them at the same widths. */
export interface Room {
  /** Invite, pins: below 40rem. */
  readonly invite: boolean
  /** Video, search: below 36rem (`@max-xl`). */
  readonly search: boolean
  /** Members, notifications: below 28rem (`@max-md`). */
  readonly members: boolean
}

const REM = 16

/** `width`: of the bar, in px. */
export const roomOf = (width: number): Room => ({
  invite: width >= 40 * REM,
  search: width >= 36 * REM,
  members: width >= 28 * REM,
})

import { shallowRef } from 'vue'

/** The next announcement. `turn` makes the same text twice two announcements. */
export interface Announcement {
  readonly text: string
  readonly urgent: boolean
  readonly turn: number
}

export const announcement = shallowRef<Announcement>({ text: '', urgent: false, turn: 0 })

/**
 * Announces a translated text to screen readers; `urgent` interrupts what is being read.
 * Rows of a virtual list come and go while scrolling, so the list itself cannot be the live region.
 */
export function announce(text: string, { urgent = false } = {}): void {
  announcement.value = { text, urgent, turn: announcement.value.turn + 1 }
}

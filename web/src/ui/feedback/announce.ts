import { shallowRef } from 'vue'

/** What is read aloud next. `turn` makes the same words twice two announcements. */
export interface Announcement {
  readonly text: string
  readonly urgent: boolean
  readonly turn: number
}

export const announcement = shallowRef<Announcement>({ text: '', urgent: false, turn: 0 })

/**
 * Reads a translated sentence to those who use a screen reader; `urgent` interrupts what is being read.
 * Rows of a virtual list come and go as one scrolls, so the list itself cannot be the live region.
 */
export function announce(text: string, { urgent = false } = {}): void {
  announcement.value = { text, urgent, turn: announcement.value.turn + 1 }
}

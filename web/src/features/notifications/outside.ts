import { serviceWorkers } from '../../browser.js'
import {
  messageShown,
  type NoteToShow,
  type Shown,
  type ShownData,
  tagOf,
  withEdited,
  withoutMessage,
} from '../../sw/notes.js'

/** Runs changes one after another: each starts from the notifications that the previous one left. */
let last: Promise<unknown> = Promise.resolve()
function inTurn(work: (registration: ServiceWorkerRegistration) => Promise<void>): Promise<void> {
  const mine = last.then(async () => {
    const registration = await serviceWorkers?.getRegistration()
    if (registration) await work(registration)
  })
  // The caller gets the error; the next task must not be blocked by it.
  last = mine.catch(() => undefined)
  return mine
}

const show = (registration: ServiceWorkerRegistration, { title, options }: Shown): Promise<void> =>
  registration.showNotification(title, options)

/** Shows a system notification of a message, if the person has given permission. */
export function showOutside(note: NoteToShow): Promise<void> {
  if (!('Notification' in window) || Notification.permission !== 'granted') return Promise.resolve()
  return inTurn(async (registration) => {
    const [before] = await registration.getNotifications({ tag: tagOf(note.groupId) })
    await show(registration, messageShown(note, before?.data as ShownData | undefined))
  })
}

/** Closes notifications of groups that were read here or left. */
export const takeAwayGroups = (groupIds: readonly string[]): Promise<void> =>
  inTurn(async (registration) => {
    for (const groupId of groupIds)
      for (const shown of await registration.getNotifications({ tag: tagOf(groupId) })) shown.close()
  })

/** A message was deleted: its line is removed from the notification; other messages stay. */
export const takeAwayMessage = (groupId: string, messageId: string): Promise<void> =>
  inTurn(async (registration) => {
    for (const shown of await registration.getNotifications({ tag: tagOf(groupId) })) {
      const left = withoutMessage(shown, messageId)
      if (left === 'nothing') shown.close()
      else if (left) await show(registration, left)
    }
  })

/** A message was edited: its notification shows the new text. */
export const putRight = (groupId: string, messageId: string, text: string): Promise<void> =>
  inTurn(async (registration) => {
    for (const shown of await registration.getNotifications({ tag: tagOf(groupId) })) {
      const edited = withEdited(shown, messageId, text)
      if (edited) await show(registration, edited)
    }
  })

/** The person signs out: all their notifications are closed. */
export const takeAwayAll = (): Promise<void> =>
  inTurn(async (registration) => {
    for (const shown of await registration.getNotifications()) shown.close()
  })

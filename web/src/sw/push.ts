/// <reference lib="webworker" />

import type { Note } from '@beseda/rules'
import { noteAnswer } from './answer.js'
import {
  callShown,
  callTag,
  messageShown,
  missedShown,
  readNote,
  reminderShown,
  type Shown,
  type ShownData,
  tagOf,
  testShown,
  withEdited,
  withoutMessage,
} from './notes.js'
import { noteReply } from './replies.js'

type Scope = Pick<ServiceWorkerGlobalScope, 'registration' | 'clients' | 'addEventListener' | 'navigator'>
/** The DOM's own type lacks what was written on the notification. */
type Clicked = NotificationEvent & { readonly reply?: string | null }

/** Handles push messages: shows and counts them, updates edited ones, closes those read elsewhere or deleted; a click opens the conversation. */
export function listenForPush(self: Scope): void {
  // One after another: two at once would count as one, and Chromium does not list a notification while it is being shown, so it could
  // not be closed when it was read elsewhere.
  let last: Promise<unknown> = Promise.resolve()
  self.addEventListener('push', (event) => {
    const note = readNote(event.data?.text() ?? '')
    if (!note) return
    const mine = last.then(() => receive(self, note)).then(() => badge(self))
    // The browser gets the error by `waitUntil`; the next push must not be blocked by it.
    last = mine.catch(() => undefined)
    event.waitUntil(mine)
  })
  self.addEventListener('notificationclick', (event) => {
    event.notification.close()
    const { path, groupId, callId } = event.notification.data as ShownData
    const { action, reply } = event as Clicked
    const text = action === 'reply' ? (reply ?? '').trim() : ''
    if (callId && action === 'decline') event.waitUntil(tell(self, { kind: 'decline call', groupId, callId }))
    else if (text !== '') event.waitUntil(answer(self, path, { groupId, text }))
    else event.waitUntil(open(self, path, callId && action === 'accept' ? { groupId, callId } : undefined))
  })
}

async function receive(self: Scope, note: Note): Promise<void> {
  if (note.kind === 'read') {
    for (const shown of await self.registration.getNotifications({ tag: tagOf(note.groupId) })) shown.close()
    return
  }
  if (note.kind === 'deleted') {
    for (const shown of await self.registration.getNotifications({ tag: tagOf(note.groupId) })) {
      const left = withoutMessage(shown, note.messageId)
      if (left === 'nothing') shown.close()
      else if (left) await show(self, left)
    }
    return
  }
  if (note.kind === 'edited') {
    for (const shown of await self.registration.getNotifications({ tag: tagOf(note.groupId) })) {
      const edited = withEdited(shown, note.messageId, note.text)
      if (edited) await show(self, edited)
    }
    return
  }
  if (note.kind === 'test') {
    await show(self, testShown(note.locale, Date.now()))
    return
  }
  if (note.kind === 'call-over') {
    for (const shown of await self.registration.getNotifications({ tag: callTag(note.callId) })) shown.close()
    if (note.missed) await show(self, missedShown(note, Date.now()))
    return
  }
  // A focused window shows the message itself.
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (windows.some((client) => client.focused)) return
  if (note.kind === 'call' || note.kind === 'reminder') {
    const shown = note.kind === 'call' ? callShown(note, Date.now()) : reminderShown(note, Date.now())
    if (shown) await show(self, shown)
    return
  }
  const [before] = await self.registration.getNotifications({ tag: tagOf(note.groupId) })
  await show(self, messageShown(note, before?.data as ShownData | undefined))
}

const show = (self: Scope, { title, options }: Shown): Promise<void> =>
  self.registration.showNotification(title, options)

/** Sent to the open windows; without one, only this device stops ringing. */
async function tell(self: Scope, message: object): Promise<void> {
  for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage(message)
}

/** The icon of the installed app counts what its notifications stand for, while no window does (features/notifications/badge.ts). */
async function badge(self: Scope): Promise<void> {
  if (!self.navigator?.setAppBadge || (await self.clients.matchAll({ type: 'window' })).length > 0) return
  const shown = await self.registration.getNotifications()
  const count = shown.reduce((sum, { data }) => sum + ((data as Partial<ShownData> | null)?.count ?? 0), 0)
  // Refused where the client is not installed as an app.
  await self.navigator.setAppBadge(count).catch(() => undefined)
}

/** A window sends it, in the background if there is one. */
async function answer(self: Scope, path: string, reply: { groupId: string; text: string }): Promise<void> {
  await noteReply(reply, crypto.randomUUID(), Date.now())
  const windows = await self.clients.matchAll({ type: 'window' })
  if (windows.length === 0) await self.clients.openWindow(path)
  else await tell(self, { kind: 'reply' })
}

/**
 * Opens the place in an existing window, or in a new one. An accepted call is recorded where only this worker can write:
 * with a link of the same meaning, anybody could bring a person into a call by getting the link clicked.
 */
async function open(self: Scope, path: string, call?: { groupId: string; callId: string }): Promise<void> {
  if (call) await noteAnswer(call.callId, Date.now())
  const [present] = await self.clients.matchAll({ type: 'window' })
  if (!present) {
    await self.clients.openWindow(path)
    return
  }
  await present.focus()
  present.postMessage({ kind: 'open', path })
  if (call) present.postMessage({ kind: 'accept call', ...call })
}

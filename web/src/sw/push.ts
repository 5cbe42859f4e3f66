/// <reference lib="webworker" />
import { messageShown, type Note, readNote, type Shown, type ShownData, tagOf, testShown } from './notes.js'

type Scope = Pick<ServiceWorkerGlobalScope, 'registration' | 'clients' | 'addEventListener'>

/** Push messages: shown, counted, taken away when they were read elsewhere; a press leads into the conversation. */
export function listenForPush(self: Scope): void {
  self.addEventListener('push', (event) => {
    const note = readNote(event.data?.text() ?? '')
    if (note) event.waitUntil(receive(self, note))
  })
  self.addEventListener('notificationclick', (event) => {
    event.notification.close()
    const { path } = event.notification.data as ShownData
    event.waitUntil(open(self, path))
  })
}

async function receive(self: Scope, note: Note): Promise<void> {
  if (note.kind === 'read') {
    for (const shown of await self.registration.getNotifications({ tag: tagOf(note.groupId) })) shown.close()
    return
  }
  if (note.kind === 'test') {
    await show(self, testShown(note.locale, Date.now()))
    return
  }
  // A window that is being looked at shows it by itself.
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (windows.some((client) => client.focused)) return
  const [before] = await self.registration.getNotifications({ tag: tagOf(note.groupId) })
  await show(self, messageShown(note, before?.data as ShownData | undefined))
}

const show = (self: Scope, { title, options }: Shown): Promise<void> =>
  self.registration.showNotification(title, options)

/** In a window that is open already, or in a new one. */
async function open(self: Scope, path: string): Promise<void> {
  const [present] = await self.clients.matchAll({ type: 'window' })
  if (!present) {
    await self.clients.openWindow(path)
    return
  }
  await present.focus()
  present.postMessage({ kind: 'open', path })
}

import { expect, test, vi } from 'vitest'
import { listenForPush } from './push.js'

/** As much of a service worker's world as the handlers use; the real one is in e2e/notifications.e2e.ts. */
function world(windows: { focused: boolean }[] = []) {
  const handlers = new Map<string, (event: object) => void>()
  const clients = windows.map((client) => ({ ...client, focus: vi.fn(async () => undefined), postMessage: vi.fn() }))
  const self = {
    registration: { getNotifications: vi.fn(async () => []), showNotification: vi.fn(async () => undefined) },
    clients: { matchAll: async () => clients, openWindow: vi.fn(async () => null) },
    addEventListener: (name: string, handler: (event: object) => void) => handlers.set(name, handler),
  }
  listenForPush(self as never)
  const fire = async (name: string, event: object) => {
    const waits: Promise<unknown>[] = []
    handlers.get(name)?.({ ...event, waitUntil: (work: Promise<unknown>) => waits.push(work) })
    await Promise.all(waits)
  }
  return { self, clients, fire }
}
const close = vi.fn()
const click = { notification: { close, data: { path: '/c/g' } } }
const message = {
  data: {
    text: () =>
      JSON.stringify({
        kind: 'message',
        groupId: 'g',
        direct: true,
        author: 'A',
        text: 'hi',
        attachment: '',
        groupName: '',
        locale: 'en',
      }),
  },
}

test('a press opens the conversation in the window that is there', async () => {
  const { self, clients, fire } = world([{ focused: false }])
  await fire('notificationclick', click)
  expect(clients[0]?.focus).toHaveBeenCalled()
  expect(clients[0]?.postMessage).toHaveBeenCalledWith({ kind: 'open', path: '/c/g' })
  expect(self.clients.openWindow).not.toHaveBeenCalled()
  expect(close).toHaveBeenCalled()
})

test('or in a new one', async () => {
  const { self, fire } = world()
  await fire('notificationclick', click)
  expect(self.clients.openWindow).toHaveBeenCalledWith('/c/g')
})

test('nothing is shown over a window that is being looked at', async () => {
  const looking = world([{ focused: true }])
  await looking.fire('push', message)
  expect(looking.self.registration.showNotification).not.toHaveBeenCalled()
  const away = world([{ focused: false }])
  await away.fire('push', message)
  expect(away.self.registration.showNotification).toHaveBeenCalledWith('A', expect.objectContaining({ body: 'hi' }))
})

import { expect, test, vi } from 'vitest'
import { takeAnswer } from './answer.js'
import { listenForPush } from './push.js'
import { noteReply, takeReplies } from './replies.js'

/** The part of a service worker's global scope that the handlers use; the real one is in e2e/people/notifications.e2e.ts. */
function world(windows: { focused: boolean }[] = []) {
  const handlers = new Map<string, (event: object) => void>()
  const clients = windows.map((client) => ({ ...client, focus: vi.fn(async () => undefined), postMessage: vi.fn() }))
  const shown: { data: object }[] = []
  const self = {
    navigator: { setAppBadge: vi.fn(async () => undefined) },
    registration: { getNotifications: vi.fn(async () => shown), showNotification: vi.fn(async () => undefined) },
    clients: { matchAll: async () => clients, openWindow: vi.fn(async () => null) },
    addEventListener: (name: string, handler: (event: object) => void) => handlers.set(name, handler),
  }
  listenForPush(self as never)
  const fire = async (name: string, event: object) => {
    const waits: Promise<unknown>[] = []
    handlers.get(name)?.({ ...event, waitUntil: (work: Promise<unknown>) => waits.push(work) })
    await Promise.all(waits)
  }
  return { self, clients, fire, shown }
}
const close = vi.fn()
const click = { notification: { close, data: { path: '/c/g' } } }
const said = (messageId: string) => ({
  data: {
    text: () =>
      JSON.stringify({
        kind: 'message',
        messageId,
        groupId: 'g',
        direct: true,
        author: 'A',
        text: 'hi',
        attachment: '',
        groupName: '',
        locale: 'en',
      }),
  },
})
const message = said('m')

test('a click opens the conversation in the existing window', async () => {
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

test('a call is accepted in a window, and declined by the open windows', async () => {
  const { self, clients, fire } = world([{ focused: false }])
  const call = (action: string) => ({
    action,
    notification: { close, data: { path: '/c/g', groupId: 'g', callId: 'c' } },
  })
  const stored = new Map<string, Response>()
  const cache = {
    put: async (name: string, response: Response) => void stored.set(name, response),
    match: async (name: string) => stored.get(name),
    delete: async (name: string) => stored.delete(name),
  }
  vi.stubGlobal('caches', { open: async () => cache })
  await fire('notificationclick', call('accept'))
  expect(await takeAnswer(Date.now())).toBe('c')
  expect(await takeAnswer(Date.now())).toBeUndefined()
  vi.unstubAllGlobals()
  expect(clients[0]?.postMessage).toHaveBeenLastCalledWith({ kind: 'accept call', groupId: 'g', callId: 'c' })
  await fire('notificationclick', call('decline'))
  expect(clients[0]?.postMessage).toHaveBeenLastCalledWith({ kind: 'decline call', groupId: 'g', callId: 'c' })
  expect(self.clients.openWindow).not.toHaveBeenCalled()
})

test('nothing is shown while a window has the focus', async () => {
  const looking = world([{ focused: true }])
  await looking.fire('push', message)
  expect(looking.self.registration.showNotification).not.toHaveBeenCalled()
  const away = world([{ focused: false }])
  await away.fire('push', message)
  expect(away.self.registration.showNotification).toHaveBeenCalledWith('A', expect.objectContaining({ body: 'hi' }))
})

test('messages that arrive at the same moment are counted one after another', async () => {
  const { self, fire } = world()
  let shown: object[] = []
  self.registration.getNotifications.mockImplementation(async () => shown as never)
  self.registration.showNotification.mockImplementation((async (_: string, { data }: { data: object }) => {
    await Promise.resolve()
    shown = [{ data }]
  }) as never)
  await Promise.all(['one', 'two', 'three'].map((id) => fire('push', said(id))))
  expect(self.registration.showNotification).toHaveBeenLastCalledWith(
    'A',
    expect.objectContaining({ body: 'hi\n3 new messages' }),
  )
})

test('a notification that cannot be shown does not block the next', async () => {
  const { self, fire } = world()
  self.registration.showNotification.mockRejectedValueOnce(new Error('no permission'))
  await expect(fire('push', message)).rejects.toThrow('no permission')
  await fire('push', message)
  expect(self.registration.showNotification).toHaveBeenCalledTimes(2)
})

test('a deleted message is removed from the notification, the previous one is shown again, and an edited one is corrected', async () => {
  const { self, fire } = world()
  let shown: { title: string; lang: string; body: string; data: object; close(): void }[] = []
  self.registration.getNotifications.mockImplementation(async () => shown as never)
  self.registration.showNotification.mockImplementation((async (title: string, options: { data: object }) => {
    shown = [{ title, ...options, close: () => (shown = []) } as never]
  }) as never)
  const push = (note: object) =>
    fire('push', { data: { text: () => JSON.stringify({ groupId: 'g', direct: true, locale: 'en', ...note }) } })
  const say = (messageId: string) => push({ kind: 'message', messageId, author: 'A', text: messageId, attachment: '' })
  await say('one')
  await say('two')
  await push({ kind: 'deleted', messageId: 'two' })
  expect(shown).toMatchObject([{ title: 'A', body: 'one' }])
  await push({ kind: 'deleted', messageId: 'never shown' })
  expect(shown).toHaveLength(1)
  await push({ kind: 'edited', messageId: 'one', text: 'put right' })
  expect(shown).toMatchObject([{ title: 'A', body: 'put right' }])
  await push({ kind: 'deleted', messageId: 'one' })
  expect(shown).toEqual([])
})

/** A cache of the browser, in memory. */
function stubCaches(): void {
  const stored = new Map<string, Response>()
  const cache = {
    put: async (name: string, response: Response) => void stored.set(name, response),
    match: async (name: string) => stored.get(name),
    delete: async (name: string) => stored.delete(name),
    keys: async () => [...stored.keys()],
  }
  vi.stubGlobal('caches', { open: async () => cache })
}
const answered = (reply: string | null) => ({
  ...{ action: 'reply', reply },
  notification: { close, data: { path: '/c/g', groupId: 'g' } },
})

test('an answer on a notification is kept for a window, which sends it once and stays where it is', async () => {
  stubCaches()
  const { clients, fire } = world([{ focused: false }])
  await fire('notificationclick', answered(' on my way '))
  expect(clients[0]?.postMessage).toHaveBeenCalledWith({ kind: 'reply' })
  expect(clients[0]?.focus).not.toHaveBeenCalled()
  expect([await takeReplies(Date.now()), await takeReplies(Date.now())]).toEqual([
    [{ groupId: 'g', text: 'on my way' }],
    [],
  ])
})

test('without a window one is opened for it; an empty answer only opens the conversation', async () => {
  stubCaches()
  const { self, fire } = world()
  await fire('notificationclick', answered('yes'))
  expect(self.clients.openWindow).toHaveBeenCalledWith('/c/g')
  expect(await takeReplies(Date.now())).toHaveLength(1)
  for (const nothing of ['  ', null]) await fire('notificationclick', answered(nothing))
  expect([self.clients.openWindow.mock.calls.length, await takeReplies(Date.now())]).toEqual([3, []])
})

test('the icon of the app counts what the notifications stand for, while no window does', async () => {
  const { self, fire, shown } = world()
  shown.push({ data: { count: 2 } }, { data: { count: 3 } })
  await fire('push', message)
  expect(self.navigator.setAppBadge).toHaveBeenLastCalledWith(5)
  const other = world([{ focused: false }])
  await other.fire('push', message)
  expect(other.self.navigator.setAppBadge).not.toHaveBeenCalled()
})

test('an answer that no window has sent for an hour is dropped: somebody else may have signed in', async () => {
  await noteReply({ groupId: 'g', text: 'late' }, 'a', 0)
  await noteReply({ groupId: 'g', text: 'in time' }, 'b', 1)
  expect(await takeReplies(3_600_001)).toEqual([{ groupId: 'g', text: 'in time' }])
})

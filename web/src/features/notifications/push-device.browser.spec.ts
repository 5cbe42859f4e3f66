import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { forgetSession, storeSession } from '../../net/stored-session.js'
import { useNotifications } from '../../stores/notifications.js'
import { endPush, pushState, renewPush, turnOff, turnOn } from './push-device.js'

const server = vi.hoisted(() => ({
  subscribePush: vi.fn(),
  unsubscribePush: vi.fn(),
  getNotificationSettings: vi.fn(),
}))
vi.mock('../../net/index.js', () => ({ notify: server, connection: { on: () => () => undefined }, presence: {} }))

/** Addresses that the browser's push service delivers to, and the one that the server has for each session. */
let places = 0
let present: { endpoint: string } | undefined
const endpoints = new Map<string, string>()
let session = ''
/** What another window does while this one subscribes. */
let meanwhile = async (): Promise<void> => undefined
async function unsubscribe(): Promise<void> {
  present = undefined
}

beforeEach(() => {
  vi.clearAllMocks()
  localStorage.clear()
  endpoints.clear()
  present = undefined
  meanwhile = async () => undefined
  const pushManager = {
    getSubscription: async () => present ?? null,
    subscribe: async () => {
      const made = { endpoint: `https://push.example/${++places}`, getKey: () => new ArrayBuffer(1), unsubscribe }
      present = made
      await meanwhile()
      return made
    },
  }
  const registration = { pushManager } as unknown as ServiceWorkerRegistration
  vi.spyOn(navigator.serviceWorker, 'getRegistration').mockResolvedValue(registration)
  vi.spyOn(navigator.serviceWorker, 'ready', 'get').mockReturnValue(Promise.resolve(registration))
  vi.stubGlobal('Notification', { permission: 'granted', requestPermission: async () => 'granted' })
  server.subscribePush.mockImplementation(
    async ({ endpoint }: { endpoint: string }) => void endpoints.set(session, endpoint),
  )
  server.unsubscribePush.mockImplementation(async () => void endpoints.delete(session))
  server.getNotificationSettings.mockImplementation(async () => {
    const endpoint = new TextEncoder().encode(endpoints.get(session))
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', endpoint))
    return { pushKey: new Uint8Array(65), endpointHash: endpoints.has(session) ? hash : new Uint8Array() }
  })
})

/** Starts a session of that person in this browser, as a page does when it has connected. */
async function signIn(userId: string, id: string): Promise<void> {
  session = id
  storeSession({ userId, accessToken: '', refreshToken: '', expiresAt: 0 })
  setActivePinia(createPinia())
  await useNotifications().load()
  await renewPush()
  await useNotifications().load()
}

test('the next person who signs in is not subscribed without asking, and pushes no longer reach the browser', async () => {
  await signIn('ann', 'first')
  await turnOn()
  // Without a network: the server was not notified, and nothing was ended here.
  forgetSession()
  await signIn('bob', 'second')
  expect(present).toBeUndefined()
  expect([...endpoints.keys()]).toEqual(['first'])
  expect(await pushState()).toBe('off')
  await turnOn()
  expect(await pushState()).toBe('on')
  expect(endpoints.get('second')).not.toBe(endpoints.get('first'))
})

test('after their session was ended elsewhere, a person is subscribed again at the next sign-in', async () => {
  await signIn('ann', 'first')
  await turnOn()
  forgetSession(true)
  await signIn('ann', 'second')
  expect(endpoints.get('second')).toBe(present?.endpoint)
  expect(await pushState()).toBe('on')
})

test('after signing out or turning it off, a person gets no pushes, neither from the browser nor at the next sign-in', async () => {
  for (const leave of [endPush, turnOff]) {
    await signIn('ann', 'first')
    await turnOn()
    await leave()
    expect(present).toBeUndefined()
    await signIn('ann', 'second')
    expect(endpoints.has('second')).toBe(false)
  }
})

test('a subscription from before owners were recorded stays with the person who is signed in', async () => {
  await signIn('ann', 'first')
  await turnOn()
  localStorage.clear()
  await signIn('ann', 'first')
  forgetSession(true)
  await signIn('ann', 'second')
  expect(await pushState()).toBe('on')
})

test('a window that connects while another one subscribes does not end that subscription', async () => {
  await signIn('ann', 'first')
  meanwhile = renewPush
  expect(await turnOn()).toBe('on')
})

import { Installation, TestPushService, type TestSubscription } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { createGroup, messages, openDirect, type PersonAtWindow, personAtWindow, say } from '../support/people.js'
import { shoot } from '../support/shots.js'

/** Notifications: in the page, on its tab, and by push when the page is closed. */
let beseda: Installation
let pushes: TestPushService
beforeAll(async () => {
  pushes = await TestPushService.start()
  beseda = await Installation.start({ PUSH_ALLOW_LOOPBACK: 'true', CALLS_RING_S: '12' })
})
afterAll(async () => {
  await beseda?.stop()
  await pushes?.stop()
  expect(pushes?.complaints).toEqual([])
})
let browser: Browser
// Its headless shell grants nobody the right to show notifications.
withBrowser(
  (launched) => {
    browser = launched
  },
  { whole: true },
)

const person = (name: string, options = {}) => personAtWindow(browser, beseda.url, name, options)
const openSettings = (page: Page) => page.getByRole('button', { name: 'Settings', exact: true }).click()

test('in the page: a toast, the number on the tab, and the bell that mutes a group', async () => {
  const [ann, bob] = [await person('Ann Notes'), await person('Bob Notes')]
  await createGroup(ann.page, 'Quiet garden', [bob])
  await bob.page
    .getByRole('link', { name: /Quiet garden/ })
    .first()
    .waitFor()
  await say(ann.page, 'tea is ready')
  const toast = bob.page.getByRole('listitem').filter({ hasText: 'Ann Notes · Quiet garden' })
  await toast.getByText('tea is ready', { exact: true }).waitFor()
  await expect.poll(() => bob.page.title()).toBe('(1) Beseda')
  await shoot(bob.page, 'notification-toast')
  await bob.page.getByRole('button', { name: 'Open', exact: true }).click()
  await messages(bob.page).getByText('tea is ready').waitFor()
  await expect.poll(() => bob.page.title()).toBe('Beseda')

  await bob.page.getByRole('button', { name: 'Notifications', exact: true }).click()
  await shoot(bob.page, 'notification-bell')
  await bob.page.getByRole('menuitemradio', { name: 'Mentions only' }).click()
  await bob.page.getByRole('button', { name: 'Notifications', exact: true }).click()
  await expect
    .poll(() => bob.page.getByRole('menuitemradio', { name: 'Mentions only' }).getAttribute('aria-checked'))
    .toBe('true')
  await bob.page.getByRole('menuitem', { name: 'Mute for 1 hour' }).click()
  await bob.page.getByRole('button', { name: 'Notifications', exact: true }).click()
  await bob.page.getByText(/Muted until/).waitFor()
  await bob.page.keyboard.press('Escape')
  expect([ann.errors, bob.errors]).toEqual([[], []])
})

/** Headless Chromium has no push service: its address is replaced by one on this machine, its keys are real. */
async function withPushService(who: PersonAtWindow): Promise<TestSubscription> {
  await who.context.grantPermissions(['notifications'], { origin: beseda.url })
  let subscription: TestSubscription | undefined
  await who.page.exposeFunction('subscribeForTest', (key: number[]) => {
    subscription = pushes.subscribe(new Uint8Array(key))
    return { endpoint: subscription.endpoint, p256dh: [...subscription.p256dh], auth: [...subscription.auth] }
  })
  await who.page.evaluate(() => {
    let present: object | null = null
    PushManager.prototype.getSubscription = async () => present as PushSubscription | null
    PushManager.prototype.subscribe = async (options) => {
      const subscribe = (
        window as unknown as { subscribeForTest(key: number[]): Promise<Record<string, number[] | string>> }
      ).subscribeForTest
      const made = await subscribe([...((options?.applicationServerKey ?? new Uint8Array()) as Uint8Array)])
      present = {
        endpoint: made.endpoint,
        getKey: (name: string) => new Uint8Array(made[name] as number[]).buffer,
        unsubscribe: async () => {
          present = null
          return true
        },
      }
      return present as PushSubscription
    }
  })
  await openSettings(who.page)
  await who.page.getByRole('switch', { name: 'Push notifications' }).click()
  await expect
    .poll(() => who.page.getByRole('switch', { name: 'Push notifications' }).getAttribute('aria-checked'))
    .toBe('true')
  if (!subscription) throw new Error('the page did not subscribe')
  return subscription
}

function workerOf({ context }: PersonAtWindow) {
  const [worker] = context.serviceWorkers()
  if (!worker) throw new Error('no service worker')
  return worker
}

/** Makes the worker count the pushes that it has handled. */
const countHandled = (who: PersonAtWindow) =>
  workerOf(who).evaluate(() => {
    type Handler = { type: string; waitUntil(work: Promise<unknown>): void }
    const scope = Object.assign(self as unknown as { ExtendableEvent: { prototype: Handler } }, { handled: 0 })
    const { prototype } = scope.ExtendableEvent
    const { waitUntil } = prototype
    prototype.waitUntil = function (work) {
      if (this.type === 'push') work.finally(() => scope.handled++)
      waitUntil.call(this, work)
    }
  })
const handledBy = (who: PersonAtWindow) =>
  workerOf(who).evaluate(() => (self as unknown as { handled: number }).handled)

/** The notifications on the device. Must not be called while a push is handled: Chromium drops those that are not on the screen yet. */
const shownOn = (who: PersonAtWindow) =>
  workerOf(who).evaluate(async () => {
    const { registration } = self as unknown as { registration: ServiceWorkerRegistration }
    return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
  })

test('by push, end to end: the page is closed, the note is encrypted, shown by the service worker, and removed when deleted or read elsewhere', async () => {
  const [ann, bob] = [await person('Ann Push'), await person('Bob Push')]
  const subscription = await withPushService(bob)
  await bob.page.getByRole('button', { name: 'Send a test' }).click()
  expect((await subscription.at(0)).note).toMatchObject({ kind: 'test', locale: 'en' })
  await shoot(bob.page, 'notification-settings')

  // The page is closed; the browser itself keeps running, as on a phone.
  const away = await bob.context.newPage()
  const cdp = await bob.context.newCDPSession(away)
  const registered = new Promise<string>((resolve) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL.startsWith(beseda.url))
      if (found) resolve(found.registrationId)
    })
  })
  await cdp.send('ServiceWorker.enable')
  const registrationId = await registered
  await bob.page.close()
  await countHandled(bob)
  let told = 0
  /** The notes since the last call, up to one of that kind; resolves when the worker has handled it. */
  const deliver = async (kind: string) => {
    for (let last = ''; last !== kind; ) {
      const { note } = await subscription.at(++told)
      last = (note as { kind: string }).kind
      const data = JSON.stringify(note)
      await cdp.send('ServiceWorker.deliverPushMessage', { origin: beseda.url, registrationId, data })
      await expect.poll(() => handledBy(bob)).toBe(told)
    }
  }
  const shows = async (notes: object[]) => expect(await shownOn(bob)).toMatchObject(notes)

  await openDirect(ann.page, bob)
  await say(ann.page, 'are you there?')
  await deliver('message')
  await shows([{ title: 'Ann Push', body: 'are you there?' }])
  await say(ann.page, 'hello?')
  await deliver('message')
  await shows([{ title: 'Ann Push', body: 'hello?\n2 new messages' }])

  // A message that Ann deletes is removed from the notifications of a phone.
  const slip = messages(ann.page).getByRole('article').filter({ hasText: 'hello?' })
  await slip.hover()
  await slip.getByRole('button', { name: 'More' }).click()
  await ann.page.getByRole('menuitem', { name: 'Delete' }).click()
  await ann.page.getByRole('button', { name: 'Delete for everyone' }).click()
  await deliver('deleted')
  await shows([{ title: 'Ann Push', body: 'are you there?' }])

  // Bob reads it on another device.
  const desk = await browser.newContext({ baseURL: beseda.url, locale: 'en-US' })
  const page = await desk.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('Username').fill(bob.username)
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page
    .getByRole('link', { name: /Ann Push/ })
    .first()
    .click()
  await messages(page).getByText('are you there?').waitFor()
  await deliver('read')
  expect(await shownOn(bob)).toEqual([])
  await desk.close()

  // A call rings on the device of the closed page until it times out, and then becomes a missed call.
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await deliver('call')
  await shows([{ title: 'Ann Push', body: 'Incoming call' }])
  await deliver('call-over')
  await shows([{ title: 'Ann Push', body: 'Missed call' }])
  await ann.page.locator('[data-call="unanswered"]').waitFor()
  expect(ann.errors).toEqual([])
})

test('after signing out, a person gets no pushes on this browser', async () => {
  const ann = await person('Ann Leaves')
  await withPushService(ann)
  const { page } = ann
  const isSubscribed = () =>
    page.evaluate(async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()) !== null)
  expect(await isSubscribed()).toBe(true)
  await page.getByRole('button', { name: 'Sign out', exact: true }).last().click()
  await expect.poll(isSubscribed).toBe(false)
  expect(ann.errors).toEqual([])
})

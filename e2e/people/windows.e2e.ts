import { newId } from '@beseda/kernel'
import { Installation, PATIENCE_MS } from '@beseda/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { keptIn } from '../support/kept.js'
import { apiOf, createGroup, fillRegistration, messages, personAtWindow, say, uniqueName } from '../support/people.js'

/** The windows of one browser share one socket and one outbox, and agree, whichever of them is closed. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** Sockets that a page has opened from now on. */
function sockets(page: Page): { count: number } {
  const opened = { count: 0 }
  page.on('websocket', () => opened.count++)
  return opened
}

async function secondWindow(context: BrowserContext, url: string) {
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const opened = sockets(page)
  await page.goto(url)
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  return { page, opened }
}

/** The person's own API calls about the group that the page shows. */
async function groupOf(page: Page) {
  const { groups } = await apiOf(page)
  return { groups, groupId: new URL(page.url()).pathname.split('/').at(-1) ?? '' }
}

const texts = (page: Page) => messages(page).getByRole('article').locator('p').allInnerTexts()
const shownOnce = async (page: Page, wanted: readonly string[]) => {
  await messages(page)
    .getByText(wanted.at(-1) ?? '', { exact: true })
    .waitFor()
  const all = (await texts(page)).filter((text) => wanted.includes(text))
  expect(all).toEqual(wanted)
}

test('two windows: one socket, the same messages, drafts and read markers', async () => {
  const bob = await personAtWindow(browser, beseda.url, 'Bob Outside')
  const ann = await personAtWindow(browser, beseda.url, 'Ann Windows')
  await createGroup(ann.page, 'Two panes', [bob])
  const second = await secondWindow(ann.context, ann.page.url())
  expect(second.opened.count).toBe(0)

  await say(second.page, 'from the second')
  await messages(ann.page).getByText('from the second').waitFor()
  await say(ann.page, 'from the first')
  await messages(second.page).getByText('from the first').waitFor()
  await ann.page.getByRole('textbox', { name: 'Message' }).fill('half a thought')
  await expect.poll(() => second.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('half a thought')

  await bob.page
    .getByRole('link', { name: /Two panes/ })
    .first()
    .click()
  await say(bob.page, 'to both of you')
  for (const page of [ann.page, second.page]) await messages(page).getByText('to both of you').waitFor()
  await second.page.goto('/')
  await ann.page.goto('/')
  await say(bob.page, 'unread in both')
  for (const page of [ann.page, second.page]) await page.getByRole('link', { name: /Two panes.*1 unread/ }).waitFor()
  await second.page.getByRole('link', { name: /Two panes.*1 unread/ }).click()
  await ann.page.getByRole('link', { name: /Two panes.*1 unread/ }).waitFor({ state: 'detached' })
  expect(
    await second.page.getByRole('textbox', { name: 'Message' }).inputValue(),
    'the draft outlives both pages',
  ).toBe('half a thought')
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

test('the leading window closes during a conversation: the other one takes over, nothing lost or duplicated', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Heiress')
  const bob = await personAtWindow(browser, beseda.url, 'Bob Speaker')
  await createGroup(bob.page, 'Relay race', [ann])
  await ann.page
    .getByRole('link', { name: /Relay race/ })
    .first()
    .click()
  await ann.page.getByRole('textbox', { name: 'Message' }).waitFor()
  const second = await secondWindow(ann.context, ann.page.url())
  const { groups, groupId } = await groupOf(bob.page)
  const wanted = Array.from({ length: 12 }, (_, i) => `lap ${i + 1}`)
  for (const [i, text] of wanted.entries()) {
    if (i === 5) await ann.page.close()
    await groups.postMessage({ messageId: newId(), groupId, text })
  }
  await shownOnce(second.page, wanted)
  await expect.poll(() => second.opened.count).toBe(1)
  await say(second.page, 'the baton')
  await messages(bob.page).getByText('the baton').waitFor()
})

test('a tab is killed while it sends: its messages are sent once, in order, by the next one', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Hasty')
  await createGroup(ann.page, 'Hurry', [])
  const wanted = Array.from({ length: 8 }, (_, i) => `word ${i + 1}`)
  const url = ann.page.url()
  await say(ann.page, 'before')
  await messages(ann.page).getByText('before').waitFor()
  await messages(ann.page).getByLabel('Sending…').waitFor({ state: 'detached' })
  // The first is in flight and the others wait: nobody answers.
  const group = beseda.pid('group')!
  process.kill(group, 'SIGSTOP')
  for (const text of wanted) await say(ann.page, text)
  const outbox = async () => JSON.parse(await keptIn(ann.page, 'outbox')) as { text: string }[]
  await expect.poll(async () => new Set((await outbox()).map(({ text }) => text))).toEqual(new Set(wanted))
  // The process of the page is killed.
  const client = await ann.context.newCDPSession(ann.page)
  const crashed = ann.page.waitForEvent('crash')
  client.send('Page.crash').catch(() => undefined)
  await crashed
  process.kill(group, 'SIGCONT')
  const next = await secondWindow(ann.context, url)
  await shownOnce(next.page, wanted)
  const { groups, groupId } = await groupOf(next.page)
  await expect
    .poll(async () => (await groups.listMessages({ groupId, limit: 50 })).messages.map(({ text }) => text))
    .toEqual(['before', ...wanted])
})

test('the gateway is killed while messages are sent: every message arrives once, in order', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Stubborn')
  await createGroup(ann.page, 'Storm', [])
  const wanted = Array.from({ length: 10 }, (_, i) => `wave ${i + 1}`)
  let killed: Promise<void> = Promise.resolve()
  for (const [i, text] of wanted.entries()) {
    if (i === 3) killed = beseda.kill('gateway')
    await say(ann.page, text)
  }
  await killed
  const { groups, groupId } = await groupOf(ann.page)
  await expect
    .poll(async () =>
      (await groups.listMessages({ groupId, limit: 50 }).catch(() => ({ messages: [] }))).messages.map(
        ({ text }) => text,
      ),
    )
    .toEqual(wanted)
  await shownOnce(ann.page, wanted)
  await messages(ann.page).getByLabel('Sending…').first().waitFor({ state: 'detached' })
})

test('offline: read messages are there after a reload; a file waits with its message, and is sent once', async () => {
  const bob = await personAtWindow(browser, beseda.url, 'Bob Ashore')
  const ann = await personAtWindow(browser, beseda.url, 'Ann Afloat')
  await createGroup(ann.page, 'Lighthouse', [bob])
  await say(ann.page, 'before the fog')
  await messages(ann.page).getByText('before the fog').waitFor()
  await messages(ann.page).getByLabel('Sending…').waitFor({ state: 'detached' })
  await expect.poll(() => keptIn(ann.page)).toContain('before the fog')

  // The page itself still loads; the platform does not answer.
  await ann.context.route('**/api/**', (route) => route.abort())
  await ann.context.routeWebSocket(/\/ws$/, (socket) => socket.close({ code: 1011 }))
  await ann.page.reload()
  await messages(ann.page).getByText('before the fog').waitFor()
  await ann.page.getByText('Reconnecting…').waitFor()
  await ann.page.getByRole('button', { name: 'Retry now' }).waitFor()
  await ann.page.locator('input[type=file]').setInputFiles({
    name: 'chart.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('rocks here'),
  })
  await say(ann.page, 'sent in the fog')
  await messages(ann.page).getByText('chart.txt').waitFor()
  await ann.page.reload()
  await messages(ann.page).getByText('sent in the fog').waitFor()
  await messages(ann.page).getByText('chart.txt').waitFor()

  await ann.context.unrouteAll()
  await ann.page.close()
  const back = await ann.context.newPage()
  await back.goto('/')
  await bob.page
    .getByRole('link', { name: /Lighthouse/ })
    .first()
    .click()
  await messages(bob.page).getByText('sent in the fog').waitFor()
  await messages(bob.page).getByRole('button', { name: 'Download chart.txt' }).waitFor()
  expect(await messages(bob.page).getByRole('article').count()).toBe(2)
})

test('a deleted message leaves the copy in the browser, and signing out deletes everything, in all windows', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Tidy')
  await createGroup(ann.page, 'Shredder', [])
  await say(ann.page, 'a secret')
  await say(ann.page, 'a common word')
  await messages(ann.page).getByText('a common word').waitFor()
  await expect.poll(() => keptIn(ann.page)).toContain('a secret')
  const { groups, groupId } = await groupOf(ann.page)
  const secrets = async () => {
    const { messages: stored } = await groups.listMessages({ groupId, limit: 10 })
    return stored.filter(({ text }) => text === 'a secret')
  }
  await expect.poll(secrets).toHaveLength(1)
  const [secret] = await secrets()
  await groups.deleteMessage({ commandId: newId(), groupId, messageId: secret?.id ?? '' })
  await messages(ann.page).getByText('a secret').waitFor({ state: 'detached' })
  await expect.poll(() => keptIn(ann.page)).not.toContain('a secret')
  expect(await keptIn(ann.page)).toContain('a common word')
  const second = await secondWindow(ann.context, ann.page.url())
  await messages(second.page).getByText('a common word').waitFor()
  await ann.page.evaluate(() => Object.assign(window, { before: true }))
  // The server tells the other window before it answers this one, which is still leaving when the other has left.
  await ann.page.route('**/IdentityService/SignOut', async (route) => {
    const response = await route.fetch()
    await second.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await route.fulfill({ response })
  })
  // The other window is in front since it was opened, and a page behind another one is drawn rarely.
  await ann.page.bringToFront()
  await ann.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await ann.page.getByRole('button', { name: 'Sign out' }).click()
  await ann.page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await keptIn(ann.page)).toBe('[]')
  // Ann signed out herself: the same page, and no sentence about a session that was ended.
  expect(await ann.page.evaluate(() => 'before' in window)).toBe(true)

  // The next person on the same page finds nothing of Ann's, not even in its memory.
  await ann.page.getByRole('link', { name: 'Create an account' }).click()
  await fillRegistration(ann.page, uniqueName('next'), 'Next Person')
  await ann.page.waitForFunction(() => !('before' in window))
  await ann.page.getByText('No conversations yet').waitFor()
  expect(ann.errors).toEqual([])
})

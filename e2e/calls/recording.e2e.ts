import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { passesAxe } from '../support/axe.js'
import { launchBrowser, withBrowser } from '../support/browser.js'
import { callDirect, callWindow, enterGroupCall, linked, noErrors, press, watchConnections } from '../support/calls.js'
import { createGroup, openDirect, type PersonAtWindow, personAtWindow } from '../support/people.js'
import { coloursOf, type Signs, soundOf, withSigns } from '../support/recordings.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** Recordings of calls, judged by what is in the file that stands in the chat afterwards. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const SIGNS = {
  ann: { tone: 500, colour: '#ff0000' },
  bob: { tone: 1_200, colour: '#00ff00' },
  cat: { tone: 3_370, colour: '#0000ff' },
} as const
const TONES = [SIGNS.ann.tone, SIGNS.bob.tone, SIGNS.cat.tone]
const COLOURS = [SIGNS.ann.colour, SIGNS.bob.colour, SIGNS.cat.colour]

const withTone = (who: Browser, url: string, name: string, signs: Signs): Promise<PersonAtWindow> =>
  personAtWindow(who, url, name, {}, async (page) => {
    await watchConnections(page)
    await withSigns(page, signs)
  })

async function startRecording(page: Page, kind: 'Video and sound' | 'Sound only'): Promise<void> {
  await press(page, 'Call settings')
  await page.getByRole('button', { name: 'Record call' }).click()
  const dialog = page.getByRole('dialog', { name: 'Record call' })
  await dialog.getByText(kind, { exact: true }).click()
  await passesAxe(page, `axe-record-${kind === 'Sound only' ? 'sound' : 'film'}`, '[role="dialog"]')
  await dialog.getByRole('button', { name: 'Start recording' }).click()
  await callWindow(page).getByText('You’re recording this call').waitFor()
}

/** How many pieces of a recording have reached the server from this page. */
const piecesSent = (page: Page): Promise<number> =>
  page.evaluate(
    () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/recordings/')).length,
  )
const records = (page: Page, pieces: number) => expect.poll(() => piecesSent(page)).toBeGreaterThanOrEqual(pieces)

/** The recording in the open conversation. */
async function fileIn(page: Page): Promise<string> {
  const [answer] = await Promise.all([
    page.waitForRequest((request) => /\/api\/files\/[0-9a-f-]{36}$/.test(request.url())),
    page
      .getByRole('button', { name: /^Play.*call-\d{4}-\d\d-\d\d-\d{4}-utc|^Play$/ })
      .last()
      .click(),
  ])
  return answer.url().split('/').at(-1) ?? ''
}

test('who agrees is in the file that stands in the chat afterwards; who does not is neither heard nor seen', async () => {
  const ann = await withTone(browser, beseda.url, 'Ann Petrova', SIGNS.ann)
  const bob = await withTone(browser, beseda.url2, 'Bob Ivanov', SIGNS.bob)
  const cat = await withTone(browser, beseda.url, 'Cat Stevens', SIGNS.cat)
  await createGroup(ann.page, 'Minutes', [bob, cat])
  await enterGroupCall(ann.page, true)
  await bob.page
    .getByRole('link', { name: /Minutes/ })
    .first()
    .click()
  await enterGroupCall(bob.page, true)
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await startRecording(ann.page, 'Video and sound')
  await callWindow(bob.page).getByText('Ann Petrova is recording this call').waitFor()
  await passesAxe(bob.page, 'axe-asked', '[role="dialog"][data-link]')
  // Before joining, too.
  await cat.page
    .getByRole('link', { name: /Minutes/ })
    .first()
    .click()
  await cat.page.getByText('This call is being recorded').first().waitFor()
  await enterGroupCall(cat.page, true)
  await Promise.all([linked(ann.page, 3), linked(bob.page, 3), linked(cat.page, 3)])
  await press(bob.page, 'Agree')
  await press(cat.page, 'Don’t record me')
  await callWindow(ann.page).getByText('You and 1 other person are in it').waitFor()
  await records(ann.page, (await piecesSent(ann.page)) + 3)
  await press(ann.page, 'Stop')
  await callWindow(bob.page).getByText('Ann Petrova is recording this call').waitFor({ state: 'detached' })
  await press(ann.page, 'Minimize')
  const fileId = await fileIn(ann.page)
  const { seconds, tones } = await soundOf(ann.page, fileId, TONES)
  expect(seconds).toBeGreaterThan(5)
  expect(tones[0]).toBeGreaterThan(-12)
  expect(tones[1]).toBeGreaterThan(-12)
  expect(tones[2]).toBeLessThan(-40)
  const [red, green, blue] = await coloursOf(ann.page, fileId, COLOURS)
  expect(red).toBeGreaterThan(0.1)
  expect(green).toBeGreaterThan(0.1)
  expect(blue).toBeLessThan(0.01)
  noErrors(ann, bob, cat)
})

test('sound only, paused in between: what was said meanwhile is not in it', async () => {
  const ann = await withTone(browser, beseda.url, 'Ann Petrova', SIGNS.ann)
  const bob = await withTone(browser, beseda.url2, 'Bob Ivanov', SIGNS.bob)
  await callDirect(ann, bob)
  await startRecording(ann.page, 'Sound only')
  await records(ann.page, 2)
  await press(bob.page, 'Pause')
  await callWindow(ann.page).getByText('Your recording is paused').waitFor()
  // Bob is in the recording from now on, but nothing is recorded.
  await press(bob.page, 'Agree')
  await press(bob.page, 'Stop recording me')
  await press(ann.page, 'Resume')
  await records(ann.page, 4)
  await press(bob.page, 'Hang up')
  await callWindow(ann.page).waitFor({ state: 'detached' })
  const fileId = await fileIn(ann.page)
  const { tones } = await soundOf(ann.page, fileId, [SIGNS.ann.tone, SIGNS.bob.tone])
  expect(tones[0]).toBeCloseTo(0)
  expect(tones[1]).toBeLessThan(-40)
  noErrors(ann, bob)
})

test('a page that is loaded again sends what it had left, and the recording ends', async () => {
  const ann = await withTone(browser, beseda.url, 'Ann Petrova', SIGNS.ann)
  const bob = await withTone(browser, beseda.url2, 'Bob Ivanov', SIGNS.bob)
  await callDirect(ann, bob)
  await startRecording(ann.page, 'Sound only')
  await records(ann.page, 3)
  // Pieces wait on the device while the server takes none.
  await ann.page.route('**/api/recordings/**', (route) => route.abort())
  await callWindow(ann.page).getByText('parts of the recording wait on this device').waitFor()
  await ann.page.reload()
  await linked(ann.page, 2)
  await ann.page.unroute('**/api/recordings/**')
  await callWindow(bob.page).getByText('Ann Petrova is recording this call').waitFor({ state: 'detached' })
  await press(ann.page, 'Minimize')
  const { seconds } = await soundOf(ann.page, await fileIn(ann.page), TONES)
  // Three pieces that were sent, and more than five that waited.
  expect(seconds).toBeGreaterThan(15)
})

test('a recording begins while the one before still sends, and both stand in the chat', async () => {
  const ann = await withTone(browser, beseda.url, 'Ann Petrova', SIGNS.ann)
  const bob = await withTone(browser, beseda.url2, 'Bob Ivanov', SIGNS.bob)
  await callDirect(ann, bob)
  await startRecording(ann.page, 'Sound only')
  await records(ann.page, 2)
  // The server takes none for a while.
  await ann.page.route('**/api/recordings/**', (route) => route.abort())
  await callWindow(ann.page).getByText('parts of the recording wait on this device').waitFor()
  await press(ann.page, 'Stop')
  await callWindow(ann.page).locator('[data-recording]').waitFor({ state: 'detached' })
  await startRecording(ann.page, 'Sound only')
  await ann.page.unroute('**/api/recordings/**')
  await records(ann.page, (await piecesSent(ann.page)) + 8)
  await press(ann.page, 'Stop')
  await press(ann.page, 'Minimize')
  const files = ann.page.getByRole('button', { name: /^Play.*call-\d{4}-\d\d-\d\d-\d{4}-utc|^Play$/ })
  await expect.poll(() => files.count()).toBe(2)
  // Nothing is left on the device.
  const left = () =>
    ann.page.evaluate(
      () =>
        new Promise<number>((resolve, reject) => {
          const opening = indexedDB.open('beseda.recordings')
          opening.onerror = () => reject(opening.error)
          opening.onsuccess = () => {
            const count = opening.result.transaction('pieces').objectStore('pieces').count()
            count.onsuccess = () => {
              opening.result.close()
              resolve(count.result)
            }
          }
        }),
    )
  await expect.poll(left).toBe(0)
})

test('a browser that is killed loses at most four seconds, and what it has sent stands in the chat', async () => {
  const other = await launchBrowser()
  const ann = await withTone(other, beseda.url, 'Ann Petrova', SIGNS.ann)
  const bob = await withTone(browser, beseda.url2, 'Bob Ivanov', SIGNS.bob)
  await callDirect(ann, bob)
  await startRecording(ann.page, 'Sound only')
  const began = performance.now()
  await press(bob.page, 'Agree')
  await records(ann.page, 4)
  const killed = performance.now()
  // Without a word, as when its process is killed.
  const cdp = await other.newBrowserCDPSession()
  await cdp.send('Browser.crash').catch(() => undefined)
  await bob.page
    .getByText(/call-\d{4}-\d\d-\d\d-\d{4}-utc/)
    .first()
    .waitFor()
  const posted = performance.now()
  await openDirect(bob.page, ann)
  const fileId = await fileIn(bob.page)
  const { seconds } = await soundOf(bob.page, fileId, TONES)
  const lost = (killed - began) / 1_000 - seconds
  process.stdout.write(`lost ${lost.toFixed(1)} s, in the chat after ${((posted - killed) / 1_000).toFixed(0)} s\n`)
  expect(lost).toBeLessThan(4.5)
  expect(posted - killed).toBeLessThan(90_000)
})

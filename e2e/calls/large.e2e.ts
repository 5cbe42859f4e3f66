import { findLivekit, Installation } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import {
  callWindow,
  codeOf,
  enterGroupCall,
  linked,
  noErrors,
  press,
  sees,
  tile,
  watchConnections,
} from '../support/calls.js'
import { Intruder } from '../support/intruder.js'
import { createGroup, type PersonAtWindow, personAtWindow } from '../support/people.js'
import { withSigns } from '../support/recordings.js'
import { longestHoles, tonesIn, watchHoles, withEars } from '../support/tones.js'

/** Calls through an SFU, encrypted by the devices: real browsers, two real nodes of LiveKit; more than three people are many here. */
const missing = (await findLivekit()) === undefined ? 'there is no livekit-server: npm run sfu' : undefined
let beseda: Installation
let browser: Browser
withBrowser((launched) => {
  browser = launched
})
beforeAll(async () => {
  if (missing === undefined) beseda = await Installation.start({ CALLS_MESH_LIMIT: '3' }, { sfuNodes: 2 })
})
afterAll(() => beseda?.stop())
beforeEach((context) => context.skip(missing !== undefined, missing))

const TONES = [500, 900, 1_300, 1_700]
const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00']
const NAMES = ['Ann Petrova', 'Bob Ivanov', 'Cat Stevens', 'Dan Brown']

/**
 * Nobody misses more than 200 ms on a quiet machine: 20 were seen, and the fourth person was in after 4 s. Where that takes longer, pages stand
 * still because others use the processors, and miss what nobody has lost: holes are then printed, and not judged.
 */
const QUIET_MS = 6_000
const MOST_MS = 500

interface Singer extends PersonAtWindow {
  readonly tone: number
  /** Addresses to which the page has opened WebSockets. */
  readonly sockets: string[]
}

async function singers(): Promise<Singer[]> {
  const made: Singer[] = []
  for (const [i, name] of NAMES.entries()) {
    const tone = TONES[i] ?? 0
    const url = i % 2 === 0 ? beseda.url : beseda.url2
    const sockets: string[] = []
    const person = await personAtWindow(browser, url, name, {}, async (page) => {
      await watchConnections(page)
      await withSigns(page, { tone, colour: COLOURS[i] ?? '' })
      await withEars(page)
      page.on('websocket', (socket) => sockets.push(socket.url()))
    })
    made.push({ ...person, tone, sockets })
  }
  const [first, ...others] = made
  await createGroup(first!.page, 'Choir', others)
  for (const { page } of others) await page.getByRole('link', { name: /Choir/ }).first().click()
  return made
}

const othersOf = (one: Singer, all: readonly Singer[]) => all.filter((each) => each !== one).map(({ tone }) => tone)

/** Everybody hears exactly everybody else. */
const allHearAll = (present: readonly Singer[]) =>
  Promise.all(
    present.map((one) =>
      expect.poll(() => tonesIn(one.page, TONES), { interval: 200 }).toEqual(othersOf(one, present)),
    ),
  )

/**
 * Everybody hears exactly everybody else, look after look for more than a second: senders change to new keys 0.4 s after receivers, and whoever
 * is heard before that may be silent afterwards.
 */
async function allHearOn(present: readonly Singer[]): Promise<void> {
  let inRow = 0
  const look = async () => {
    const heard = await Promise.all(present.map(({ page }) => tonesIn(page, TONES)))
    inRow = JSON.stringify(heard) === JSON.stringify(present.map((one) => othersOf(one, present))) ? inRow + 1 : 0
    return inRow
  }
  await expect.poll(look, { interval: 100 }).toBeGreaterThan(12)
}

/** A call of three from device to device. */
async function callOfThree(video = false): Promise<[Singer, Singer, Singer, Singer]> {
  const everybody = (await singers()) as [Singer, Singer, Singer, Singer]
  const three = everybody.slice(0, 3)
  for (const { page } of three) await enterGroupCall(page, video)
  await Promise.all(three.map(({ page }) => linked(page, 3)))
  await allHearAll(three)
  return everybody
}

/** A call of four through the SFU. */
async function callOfFour(video = false): Promise<[Singer, Singer, Singer, Singer]> {
  const everybody = await callOfThree(video)
  await enterGroupCall(everybody[3].page, video)
  await Promise.all(everybody.map(({ page }) => linked(page, 4)))
  await allHearAll(everybody)
  return everybody
}

/** What everybody reads in the panel of the code, which stays open. */
const shownCodes = (present: readonly Singer[]) =>
  Promise.all(
    present.map(async ({ page }) => (await callWindow(page).locator('[data-code]').allInnerTexts())[0] ?? 'none yet'),
  )

/** Six groups of five digits, the same for everybody. */
const isSame = (codes: readonly string[]) => new Set(codes).size === 1 && /^(\d{5}\s*){6}$/.test(codes[0] ?? '')

test('the fourth person moves the call to an SFU: everybody hears everybody, with the same code', async () => {
  const everybody = await callOfThree()
  const [ann, bob, cat, dan] = everybody
  const three = [ann, bob, cat]
  await Promise.all(three.map((one) => watchHoles(one.page, othersOf(one, three))))
  const began = performance.now()
  await enterGroupCall(dan.page, false)
  await Promise.all(everybody.map(({ page }) => linked(page, 4)))
  await allHearAll(everybody)
  const tookMs = performance.now() - began
  process.stdout.write(`four hear each other after ${Math.round(tookMs)} ms\n`)
  const codes = await Promise.all(everybody.map(({ page }) => codeOf(page)))
  expect(isSame(codes)).toBe(true)
  // The links from device to device have ended.
  await expect.poll(() => openLinks(ann)).toBe(2)
  const holes = await Promise.all(three.map(({ page }) => longestHoles(page)))
  process.stdout.write(`longest holes at the switch: ${holes.map((each) => each.join('/')).join(', ')} ms\n`)
  if (tookMs < QUIET_MS) expect(Math.max(...holes.flat())).toBeLessThan(MOST_MS)

  // Who is muted is not heard, and everybody sees it.
  await press(ann.page, 'Mute')
  await callWindow(dan.page).locator('article[aria-label="Ann Petrova"][aria-description*="Microphone off"]').waitFor()
  await expect.poll(() => tonesIn(dan.page, TONES)).toEqual([bob.tone, cat.tone])
  await press(ann.page, 'Unmute')
  await allHearAll(everybody)

  // A page that is loaded again is back with new keys.
  await bob.page.reload()
  await Promise.all(everybody.map(({ page }) => linked(page, 4)))
  await allHearAll(everybody)

  // Who leaves changes the keys of all others.
  const rest = [ann, bob, cat]
  await codeOf(bob.page)
  const before = await shownCodes(rest)
  await press(dan.page, 'Hang up')
  const left = performance.now()
  const haveOthers = async () => {
    const now = await shownCodes(rest)
    return isSame(now) && !before.includes(now[0] ?? '')
  }
  await expect.poll(haveOthers, { interval: 50 }).toBe(true)
  process.stdout.write(`other keys ${Math.round(performance.now() - left)} ms after somebody left\n`)
  await allHearOn(rest)
  noErrors(...everybody)
})

/** Connections that are open: of a room two, one for each direction. */
const openLinks = ({ page }: Singer): Promise<number> =>
  page.evaluate(() => {
    const { kept } = window as unknown as { kept: RTCPeerConnection[] }
    return kept.filter(({ connectionState }) => connectionState === 'connected').length
  })

test('cameras and a screen go through the SFU, too', async () => {
  const everybody = await callOfFour(true)
  // The mesh has ended: what is seen from now on came through the SFU.
  await expect.poll(() => Promise.all(everybody.map(openLinks))).toEqual([2, 2, 2, 2])
  const [ann, ...others] = everybody
  await Promise.all(
    everybody.flatMap((one) =>
      everybody.filter((each) => each !== one).map(({ displayName }) => sees(one.page, displayName)),
    ),
  )
  await press(ann.page, 'Share screen')
  await Promise.all(others.map(({ page }) => sees(page, 'Ann Petrova’s screen')))
  await press(ann.page, 'Turn camera off')
  await Promise.all(others.map(({ page }) => tile(page, 'Ann Petrova').locator('video').waitFor({ state: 'detached' })))
  await press(ann.page, 'Turn camera on')
  await Promise.all(others.map(({ page }) => sees(page, 'Ann Petrova')))
  noErrors(...everybody)
})

test('who is in the room without keys understands nothing, and is not heard', async () => {
  const everybody = await callOfThree()
  const [ann, bob, cat, dan] = everybody
  const intruder = await Intruder.enter(browser, dan.page, { tone: 2_100 })
  await Promise.all([ann, bob, cat].map(({ page }) => page.locator('[data-people="4"]').waitFor()))
  await allHearAll([ann, bob, cat])
  await expect.poll(() => intruder.packets(), { interval: 100 }).toBeGreaterThan(300)
  // Not by ear: what is decoded without its key is noise, which may have any tone in it.
  expect(await intruder.frames()).toEqual({ sealed: expect.toSatisfy((count) => count > 200), open: 0 })
  for (const { page } of [ann, bob, cat]) expect(await tonesIn(page, [2_100])).toEqual([])
  await intruder.leave()
})

test('a node that is killed: the call goes on in another room, with other keys', async () => {
  const everybody = await callOfFour()
  const nodes = beseda.sfuUrls()
  // The links from device to device have ended: nobody is heard another way.
  await expect.poll(() => Promise.all(everybody.map(openLinks))).toEqual([2, 2, 2, 2])
  const [code = ''] = await Promise.all(everybody.map(({ page }) => codeOf(page)))
  const node = nodes.findIndex((url) => everybody[0].sockets.some((socket) => socket.startsWith(url)))
  await Promise.all(everybody.map((one) => watchHoles(one.page, othersOf(one, everybody))))
  const back = beseda.kill(`sfu-${node + 1}`)
  const hasMoved = async () => {
    const codes = await shownCodes(everybody)
    return isSame(codes) && codes[0] !== code
  }
  await expect.poll(hasMoved, { interval: 50 }).toBe(true)
  await allHearAll(everybody)
  await back
  const holes = await Promise.all(everybody.map(({ page }) => longestHoles(page)))
  process.stdout.write(`a node is killed, longest holes: ${holes.map((each) => each.join('/')).join(', ')} ms\n`)
})

test('when few are left, they go back to the mesh, and hear each other', async () => {
  const [ann, bob, cat, dan] = await callOfFour()
  await press(cat.page, 'Hang up')
  await press(dan.page, 'Hang up')
  await Promise.all([ann, bob].map(({ page }) => linked(page, 2)))
  await allHearAll([ann, bob])
  await Promise.all([watchHoles(ann.page, [bob.tone]), watchHoles(bob.page, [ann.tone])])
  // Two connections of the room, then one to the other device.
  await expect.poll(() => openLinks(ann)).toBe(3)
  await expect.poll(() => openLinks(ann)).toBe(1)
  await allHearAll([ann, bob])
  const holes = [await longestHoles(ann.page), await longestHoles(bob.page)].flat()
  process.stdout.write(`longest holes on the way back: ${holes.join(', ')} ms\n`)
  noErrors(ann, bob)
})

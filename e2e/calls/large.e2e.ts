import { findLivekit, Installation } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { callWindow, codeOf, enterGroupCall, linked, noErrors, watchConnections } from '../support/calls.js'
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

interface Singer extends PersonAtWindow {
  readonly tone: number
}

async function singers(): Promise<Singer[]> {
  const made: Singer[] = []
  for (const [i, name] of NAMES.entries()) {
    const tone = TONES[i] ?? 0
    const url = i % 2 === 0 ? beseda.url : beseda.url2
    const person = await personAtWindow(browser, url, name, {}, async (page) => {
      await watchConnections(page)
      await withSigns(page, { tone, colour: COLOURS[i] ?? '' })
      await withEars(page)
    })
    made.push({ ...person, tone })
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

/** A call of three from device to device. */
async function callOfThree(video = false): Promise<[Singer, Singer, Singer, Singer]> {
  const everybody = (await singers()) as [Singer, Singer, Singer, Singer]
  const three = everybody.slice(0, 3)
  for (const { page } of three) await enterGroupCall(page, video)
  await Promise.all(three.map(({ page }) => linked(page, 3)))
  await allHearAll(three)
  return everybody
}

test('the fourth person moves the call to an SFU: everybody hears everybody, encrypted, and nobody misses much', async () => {
  const everybody = await callOfThree()
  const [ann, bob, cat, dan] = everybody
  const three = [ann, bob, cat]
  await Promise.all(three.map((one) => watchHoles(one.page, othersOf(one, three))))
  const began = performance.now()
  await enterGroupCall(dan.page, false)
  await Promise.all(everybody.map(({ page }) => linked(page, 4)))
  await allHearAll(everybody)
  process.stdout.write(`four hear each other after ${Math.round(performance.now() - began)} ms\n`)
  const codes = await Promise.all(everybody.map(({ page }) => codeOf(page)))
  expect(codes[0]).toMatch(/^(\d{5}\s*){6}$/)
  expect(new Set(codes).size).toBe(1)
  const holes = await Promise.all(three.map(({ page }) => longestHoles(page)))
  process.stdout.write(`longest holes at the switch: ${holes.map((each) => each.join('/')).join(', ')} ms\n`)
  await callWindow(dan.page).waitFor()
  noErrors(...everybody)
})

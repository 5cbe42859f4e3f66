import { Installation, startCoturn, type TestTurn } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { callDirect, hears, press, watchConnections } from '../support/calls.js'
import { mayMakeNetworks, NO_NETWORKS, OtherHost } from '../support/netns.js'
import { personAtWindow } from '../support/people.js'

/** Calls through a real TURN server, with the time-limited credentials that the call service makes. */
const may = mayMakeNetworks()
let turn: TestTurn
let beseda: Installation
let hosts: OtherHost[] = []
const browsers: Browser[] = []
beforeAll(async () => {
  if (may) hosts = [OtherHost.make(), OtherHost.make()]
  // An address of this machine that the other hosts can reach, too.
  const address = hosts[0]?.router ?? '127.0.0.1'
  turn = await startCoturn([address])
  const url = `turn:${address}:${turn.port}?transport=udp`
  beseda = await Installation.start({ TURN_URLS: url, TURN_SECRET: turn.secret })
})
afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  for (const host of hosts) host.stop()
  await beseda?.stop()
  await turn?.stop()
})

async function open(host?: OtherHost): Promise<Browser> {
  const options = host && {
    // The shell takes no origin for a secure one.
    whole: true,
    wrap: (program: string) => host.wrap(program),
    // Cameras and microphones need a secure origin; this one is on another host.
    args: [`--unsafely-treat-insecure-origin-as-secure=${host.url}`],
  }
  const browser = await launchBrowser(options)
  browsers.push(browser)
  return browser
}

interface Way {
  readonly policy: string | undefined
  /** Types of the candidates that this side offered. */
  readonly offered: string[]
  /** Candidate types of the two ends of the selected path. */
  readonly chosen: string[]
}

const wayOf = (page: Page): Promise<Way> =>
  page.evaluate(async () => {
    const connection = (window as unknown as { kept: RTCPeerConnection[] }).kept.at(-1)!
    const stats = [...(await connection.getStats()).values()]
    const transport = stats.find(({ type }) => type === 'transport')
    const pair = stats.find(({ id }) => id === transport?.selectedCandidatePairId)
    const ends = [pair?.localCandidateId, pair?.remoteCandidateId]
    const local = stats.filter(({ type }) => type === 'local-candidate')
    return {
      policy: connection.getConfiguration().iceTransportPolicy,
      offered: local.map(({ candidateType }) => candidateType as string),
      chosen: ends.map((end) => stats.find(({ id }) => id === end)?.candidateType as string),
    }
  })

test('with "hide my network address" a call goes through the relay, and none of the own addresses is offered', async () => {
  const browser = await open()
  const ann = await personAtWindow(browser, beseda.url, 'Ann Hidden', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url, 'Bob Open', {}, watchConnections)
  await ann.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await ann.page.getByLabel('Hide my IP address in calls').check()
  await ann.page.keyboard.press('Escape')
  await callDirect(ann, bob)
  const { policy, offered } = await wayOf(ann.page)
  expect([policy, new Set(offered)]).toEqual(['relay', new Set(['relay'])])
  await press(ann.page, 'Hang up')
  await bob.page.getByText('Call ended').first().waitFor()
})

test('two hosts without a direct path find the relay by themselves, and hear each other', async (context) => {
  context.skip(!may, NO_NETWORKS)
  const [one, other] = hosts as [OtherHost, OtherHost]
  one.wallOff(other)
  other.wallOff(one)
  expect([one.knock(other.address, 9), other.knock(one.address, 9)]).toEqual(['EHOSTUNREACH', 'EHOSTUNREACH'])
  expect([one, other].map((host) => host.knock(one.router, turn.port))).toEqual(['open', 'open'])
  for (const host of hosts) await host.openDoor(beseda.url)
  const ann = await personAtWindow(await open(one), one.url, 'Ann Walled', {}, watchConnections)
  const bob = await personAtWindow(await open(other), other.url, 'Bob Walled', {}, watchConnections)
  await callDirect(ann, bob)
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  for (const { page } of [ann, bob]) {
    const { policy, offered, chosen } = await wayOf(page)
    // They were not configured to: they offered their own addresses, and could not use them.
    expect(policy).toBe('all')
    expect(offered).toContain('host')
    // Each end of the selected path is either the relay or the address that the relay sees.
    expect(chosen).toContain('relay')
  }
  await press(ann.page, 'Hang up')
  await bob.page.getByText('Call ended').first().waitFor()
})

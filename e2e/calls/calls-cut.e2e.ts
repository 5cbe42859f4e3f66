import { setTimeout as pass } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, withBrowser } from '../support/browser.js'
import { callDirect, hears, participants, press, watchConnections } from '../support/calls.js'
import { mayMakeNetworks, NO_NETWORKS, OtherHost } from '../support/netns.js'
import { personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** A call between two hosts whose cable is unplugged for 40 s. Needs Linux, root and iproute2. */
const may = mayMakeNetworks()
const CUT_MS = 40_000
const beseda = sharedInstallation()
let host: OtherHost
let browser: Browser
withBrowser((launched) => {
  browser = launched
})
let far: Browser
beforeAll(async () => {
  if (!may) return
  host = OtherHost.make()
  await host.openDoor(beseda.url)
  far = await launchBrowser({
    // The shell takes no origin for a secure one.
    whole: true,
    wrap: (program) => host.wrap(program),
    // Cameras and microphones need a secure origin; this one is on another host.
    args: [`--unsafely-treat-insecure-origin-as-secure=${host.url}`],
  })
})
afterAll(async () => {
  await far?.close()
  host?.stop()
})

interface Moments {
  /** When a remote description was received, when ICE connected, and when it disconnected: Unix ms. */
  readonly heard: number[]
  readonly connected: number[]
  readonly lost: number[]
}

/** Records when the connection is lost and back, and when a signal of the other side arrives. */
async function watchMoments(page: Page): Promise<void> {
  await watchConnections(page)
  await page.addInitScript(() => {
    const moments: Moments = { heard: [], connected: [], lost: [] }
    Object.assign(window, { moments })
    const Original = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        this.addEventListener('iceconnectionstatechange', () => {
          const { iceConnectionState: state } = this
          if (state === 'connected' || state === 'completed') moments.connected.push(Date.now())
          if (state === 'disconnected' || state === 'failed') moments.lost.push(Date.now())
        })
      }
      override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
        moments.heard.push(Date.now())
        return super.setRemoteDescription(description)
      }
    }
  })
}
const momentsOf = (page: Page) => page.evaluate(() => (window as unknown as { moments: Moments }).moments)

test('40 s without a network: the sound comes back without a click, on the same connection', async (context) => {
  context.skip(!may, NO_NETWORKS)
  const ann = await personAtWindow(far, host.url, 'Ann Afar', {}, watchMoments)
  const bob = await personAtWindow(browser, beseda.url2, 'Bob Athome', {}, watchMoments)
  await callDirect(ann, bob)
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])

  host.cut()
  const cut = Date.now()
  await Promise.all([ann, bob].map(({ page }) => page.locator('[data-link="reconnecting"]').waitFor()))
  await expect.poll(() => participants(bob.page), { interval: 250 }).toBe(1)
  const goneMs = Date.now() - cut
  await pass(CUT_MS - goneMs)
  host.mend()
  const mended = Date.now()
  await Promise.all([ann, bob].map(({ page }) => page.locator('[data-link="connected"]').waitFor()))
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])

  const [afar, athome] = [await momentsOf(ann.page), await momentsOf(bob.page)]
  const back = Math.max(...afar.connected, ...athome.connected)
  // An offer made during the outage waits at its sender; the restart begins when the first description arrives.
  const heard = Math.min(...[...afar.heard, ...athome.heard].filter((at) => at >= mended))
  const restartMs = Math.max(0, back - heard)
  process.stdout.write(
    `cable back -> connected: ${back - mended} ms; ICE restart: ${restartMs} ms; gone after ${goneMs} ms\n`,
  )
  expect(heard).toBeLessThan(Number.POSITIVE_INFINITY)
  expect(back).toBeGreaterThanOrEqual(mended)
  // The same connections as before: none was recreated.
  for (const { page } of [ann, bob])
    expect(await page.evaluate(() => (window as unknown as { kept: unknown[] }).kept.length)).toBe(1)
  await press(ann.page, 'Hang up')
  await bob.page.getByText('Call ended').first().waitFor()
})

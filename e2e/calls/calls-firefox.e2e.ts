import { Person } from '@beseda/testkit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { hears, linked, press, sees, watchConnections } from '../support/calls.js'
import { Firefox, hasFirefox, NO_FIREFOX } from '../support/firefox/firefox.js'
import { openDirect, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/**
 * Firefox and Chromium in one call: descriptions, candidates and codecs of both pass the gateway's allow-list. Skipped without
 * Firefox (firefox-esr, or the program in FIREFOX).
 */
const beseda = sharedInstallation()
let browser: Browser
let firefox: Firefox
beforeAll(async () => {
  if (!hasFirefox) return
  ;[browser, firefox] = await Promise.all([launchBrowser(), Firefox.start()])
})
afterAll(async () => {
  await firefox?.stop()
  await browser?.close()
})

/** Received packets of a kind. */
const arrived = (kind: string) => `(async () => {
  let sum = 0
  for (const connection of window.kept ?? [])
    for (const entry of (await connection.getStats()).values())
      if (entry.type === 'inbound-rtp' && entry.kind === '${kind}') sum += entry.packetsReceived
  return sum
})()`

test('they see and hear each other, and a screen that Chromium shares', async (context) => {
  context.skip(!hasFirefox, NO_FIREFOX)
  const ann = await personAtWindow(browser, beseda.url, 'Ann Chromium', {}, watchConnections)
  const fox = await Person.register(beseda.url, 'Fox')
  const { accessToken, refreshToken, accessExpiresAt } = fox.tokens
  const session = { userId: fox.userId, accessToken, refreshToken, expiresAt: timestampMs(accessExpiresAt!) }
  await firefox.before(`() => {
    window.kept = []
    const Original = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Original {
      constructor(configuration) { super(configuration); window.kept.push(this) }
    }
  }`)
  const page = await firefox.open()
  await page.goto(`${beseda.url}/sign-in`)
  await page.run(`localStorage.setItem('beseda.session', ${JSON.stringify(JSON.stringify(session))})`)
  await page.run(`localStorage.setItem('beseda.device', ${JSON.stringify(fox.deviceId)})`)
  await page.goto(beseda.url)
  await openDirect(ann.page, { username: fox.username, displayName: 'Fox' })
  await ann.page.getByRole('button', { name: 'Video call' }).click()
  await page.press('Accept with video')
  await linked(ann.page, 2)
  await page.until(`document.querySelector('[data-people="2"][data-link="connected"]') !== null`)
  await hears(ann.page, 1)
  await sees(ann.page, 'Fox')
  await page.until(`(async () => (await ${arrived('audio')}) > 50 && (await ${arrived('video')}) > 20)()`)
  await press(ann.page, 'Share screen')
  await page.until(`document.querySelector('article[data-tile="screen"] video')?.videoWidth > 16`)
  await page.press('Mute')
  await ann.page.locator('article[aria-label="Fox"][aria-description*="Microphone off"]').waitFor()
  await page.press('Hang up')
  await ann.page.getByText('Call ended').first().waitFor()
  expect(ann.errors).toEqual([])
})

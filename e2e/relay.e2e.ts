import { Installation, startCoturn, type TestTurn } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './support/browser.js'
import { openDirect, registerInBrowser } from './support/people.js'

/** Calls through a real TURN server, with the time-limited credentials that the call service makes. */
let turn: TestTurn
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  turn = await startCoturn()
  const urls = `turn:127.0.0.1:${turn.port}?transport=udp`
  ;[beseda, browser] = await Promise.all([
    Installation.start({ TURN_URLS: urls, TURN_SECRET: turn.secret }),
    launchBrowser(),
  ])
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
  await turn?.stop()
})

/** Keeps the page's peer connections, to look at what they have chosen. */
async function watchConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: RTCPeerConnection[] = []
    Object.assign(window, { kept })
    const Original = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        kept.push(this)
      }
    }
  })
  await page.reload()
}

const candidateTypes = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const { kept } = window as unknown as { kept: RTCPeerConnection[] }
    const stats = [...(await kept.at(-1)!.getStats()).values()]
    return stats.filter(({ type }) => type === 'local-candidate').map(({ candidateType }) => candidateType as string)
  })

test('with "hide my network address" a call goes through the relay, and no address of one’s own is offered', async () => {
  const ann = await registerInBrowser(browser, beseda.url, 'Ann Hidden')
  const bob = await registerInBrowser(browser, beseda.url, 'Bob Open')
  await watchConnections(ann.page)
  await ann.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await ann.page.getByLabel('Hide my network address').check()
  await ann.page.keyboard.press('Escape')
  await openDirect(ann.page, bob)
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await ann.page.locator('[data-link="connected"]').waitFor()
  await bob.page.locator('[data-link="connected"]').waitFor()
  expect(new Set(await candidateTypes(ann.page))).toEqual(new Set(['relay']))
  await ann.page.getByRole('button', { name: 'Hang up' }).click()
  await bob.page.getByText('Call ended').first().waitFor()
})

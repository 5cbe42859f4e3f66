import { Installation } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './support/browser.js'
import { registerInBrowser } from './support/people.js'

/** The client as an application of the device: it can be installed, and opens without a network. */
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  ;[beseda, browser] = await Promise.all([Installation.start(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
})

/** The worker has fetched the shell and answers from now on. */
const shellKept = (page: Page) =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    while (active && active.state !== 'activated')
      await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }))
  })

test('the shell opens without a network, at any place inside it', async () => {
  const { page, context, errors } = await registerInBrowser(browser, beseda.url, 'Ann Offline')
  await shellKept(page)
  await page.close()
  await context.setOffline(true)
  const again = await context.newPage()
  for (const place of ['/', '/c/018f0000-0000-7000-8000-000000000000']) {
    await again.goto(place)
    await again.getByRole('navigation', { name: 'Groups' }).waitFor()
  }
  await again.getByText('You are offline').first().waitFor()
  expect(errors).toEqual([])
})

test('what the browser asks of an application to be installed is there', async () => {
  const { page } = await registerInBrowser(browser, beseda.url, 'Ann Installer')
  const devtools = await page.context().newCDPSession(page)
  const { errors: problems, url } = await devtools.send('Page.getAppManifest')
  expect(problems).toEqual([])
  const manifest = (await (await fetch(url)).json()) as { icons: { src: string; sizes: string; type: string }[] }
  for (const { src, sizes, type } of manifest.icons) {
    const answer = await fetch(new URL(src, beseda.url))
    expect([src, answer.status, answer.headers.get('content-type')]).toEqual([src, 200, type])
    const [width] = sizes === 'any' ? [] : sizes.split('x').map(Number)
    const bytes = new DataView(await answer.arrayBuffer())
    if (width) expect([bytes.getUint32(16), bytes.getUint32(20)]).toEqual([width, width])
  }
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openWindow, withBrowser } from '../support/browser.js'
import { createGroup, registerInBrowser, say } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** The client as an installed app: it can be installed, and opens without a network. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** Waits until the worker has fetched the shell and answers requests. */
const shellKept = (page: Page) =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    while (active && active.state !== 'activated')
      await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }))
  })

test('the shell opens without a network, at any path', async () => {
  const { page, context, errors } = await registerInBrowser(browser, beseda.url, 'Ann Offline')
  await shellKept(page)
  await page.close()
  await context.setOffline(true)
  const again = await context.newPage()
  for (const place of ['/', '/c/018f0000-0000-7000-8000-000000000000']) {
    await again.goto(place)
    await again.getByRole('complementary', { name: 'Conversations' }).waitFor()
  }
  await again.getByText('You’re offline').first().waitFor()
  // A part that nobody has opened before.
  await again.keyboard.press('Control+/')
  await again.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  expect(errors).toEqual([])
})

test('what another app shares becomes a draft of the conversation that one chooses, also without a network', async () => {
  const { page, context } = await registerInBrowser(browser, beseda.url, 'Ann Sharing')
  await createGroup(page, 'Travel', [])
  await say(page, 'Where to?')
  await shellKept(page)
  await context.setOffline(true)
  const again = await context.newPage()
  await again.goto('/')
  await again.getByRole('link', { name: /Travel/ }).waitFor()
  // As the system does it, by the form that the manifest describes.
  await again.evaluate(() => {
    const form = document.createElement('form')
    Object.assign(form, { method: 'POST', action: '/share', enctype: 'multipart/form-data' })
    form.innerHTML =
      '<input name="text" value="Look"><input name="url" value="https://a.example/"><input name="files" type="file">'
    const files = new DataTransfer()
    files.items.add(new File(['abc'], 'ticket.txt', { type: 'text/plain' }))
    ;(form.elements.namedItem('files') as HTMLInputElement).files = files.files
    document.body.append(form)
    form.submit()
  })
  const dialog = again.getByRole('dialog', { name: 'Share to' })
  await dialog.getByText('ticket.txt').waitFor()
  await dialog.getByRole('option', { name: 'Travel' }).click()
  const field = again.getByRole('textbox', { name: 'Message' })
  await expect.poll(() => field.inputValue()).toBe('Look\nhttps://a.example/')
  await again.getByText('ticket.txt').first().waitFor()
  await context.setOffline(false)
  await again.getByRole('button', { name: 'Send' }).click()
  await again.getByRole('article').getByText('Look').first().waitFor()
  await again.getByRole('article').getByText('ticket.txt').first().waitFor()
})

test('the page loads nothing from other origins, and cannot be framed', async () => {
  const { headers } = await fetch(beseda.url)
  expect(headers.get('content-security-policy')).toMatch(
    /default-src 'none';.* connect-src 'self' blob:;.* frame-ancestors 'none'/,
  )
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
})

test('the worker fetches both first screens, and the small parts in one file', async () => {
  const worker = await (await fetch(`${beseda.url}/sw.js`)).text()
  for (const screen of ['first', 'shell']) expect(worker).toMatch(new RegExp(`/assets/${screen}-[\\w-]+\\.js`))
  const [pack] = /\/assets\/pack-\w+\.json/.exec(worker) ?? []
  const parts = Object.keys((await (await fetch(beseda.url + pack)).json()) as object).join()
  for (const part of ['en', 'ru', 'MembersPanel', 'HelpDialog', 'Palette']) expect(parts).toContain(`/${part}-`)
  for (const part of ['CallWindow', 'AdminPage', 'SettingsDialog']) expect(parts).not.toContain(`/${part}-`)
})

test('the page meets the browser’s requirements for installing an app', async () => {
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

test('a new version is offered, and installed when the person accepts', async () => {
  let version = 1
  const site = createServer(async (request, response) => {
    const answer = await fetch(`${beseda.url}${request.url}`)
    const body = Buffer.from(await answer.arrayBuffer())
    response.setHeader('Content-Type', answer.headers.get('content-type') ?? '')
    response.end(request.url === '/sw.js' ? `${body.toString()}\n// ${version}` : body)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const { page, context } = await openWindow(browser, `http://127.0.0.1:${(site.address() as AddressInfo).port}`)
  await page.goto('/sign-in')
  await shellKept(page)
  await page.reload()
  await page.getByLabel('Username').fill('typed before')

  version = 2
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
  await page.getByText('A new version of Beseda is available.').waitFor()
  expect(await page.getByLabel('Username').inputValue()).toBe('typed before')
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload' }).click()])
  await page.getByLabel('Username').waitFor()
  expect(await page.getByLabel('Username').inputValue()).toBe('')
  await page.getByText('A new version').waitFor({ state: 'detached' })
  await context.close()
  site.closeAllConnections()
  site.close()
})

test('on a phone a swipe opens and closes the members and the list', async () => {
  const { page } = await registerInBrowser(browser, beseda.url, 'Ann Finger', { phone: true })
  await createGroup(page, 'Drawers', [])
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setTouchEmulationEnabled', { enabled: true })
  async function swipe(from: number, to: number): Promise<void> {
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: 300 }] })
    await touch('touchStart', from)
    for (let step = 1; step <= 8; step++) await touch('touchMove', from + ((to - from) * step) / 8)
    await touch('touchEnd', to)
    // The dragged column glides to its place; the other one is already visible beneath it.
    await page.locator('[style*="translateX"]').waitFor({ state: 'detached' })
  }
  const members = page.getByRole('complementary', { name: /member/ })
  await swipe(330, 40)
  await members.getByText('Ann Finger').waitFor()
  await swipe(40, 330)
  await members.waitFor({ state: 'detached' })
  // A small movement is no swipe.
  await swipe(200, 205)
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  await swipe(20, 340)
  await page.getByRole('button', { name: 'New conversation' }).first().waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
  await swipe(340, 20)
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
})

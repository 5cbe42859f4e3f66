import type { Browser } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { openWindow, withBrowser } from '../support/browser.js'
import {
  callDirect,
  callWindow,
  closePicture,
  hears,
  linked,
  noErrors,
  packets,
  pair,
  press,
  pressInPicture,
  sees,
  tile,
  watchConnections,
} from '../support/calls.js'
import { openDirect, PASSWORD, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Two people who call each other, in real browsers over a real installation. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

describe('two people', () => {
  test('see and hear each other, mute, share a screen, change devices, and both windows show it', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await openDirect(ann.page, bob)
    await ann.page.getByRole('button', { name: 'Video call' }).click()
    await bob.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' }).waitFor()
    await shoot(bob.page, 'call-incoming-light')
    await shoot(ann.page, 'call-ringing-dark')
    await bob.page.getByRole('button', { name: 'Accept with video' }).click()
    await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
    await Promise.all([
      hears(ann.page, 1),
      hears(bob.page, 1),
      sees(ann.page, 'Боб Иванов'),
      sees(bob.page, 'Ann Petrova'),
    ])
    // Chromium's fake microphone beeps every second: the ring around the speaker is visible.
    await bob.page.locator('article[aria-label="Ann Petrova"][data-speaking]').waitFor()
    await shoot(ann.page, 'call-two-dark')

    await press(ann.page, 'Mute')
    await bob.page.locator('article[aria-label="Ann Petrova"][aria-description*="Microphone off"]').waitFor()
    await ann.page.keyboard.press('m')
    await bob.page.locator('article[aria-label="Ann Petrova"]:not([aria-description*="Microphone off"])').waitFor()

    await press(ann.page, 'Turn camera off')
    await tile(bob.page, 'Ann Petrova').locator('video').waitFor({ state: 'detached' })
    await ann.page.keyboard.press('v')
    await sees(bob.page, 'Ann Petrova')

    await press(ann.page, 'Share screen')
    await sees(bob.page, 'Ann Petrova’s screen')
    expect(await callWindow(bob.page).locator('article[data-focus]').getAttribute('aria-label')).toBe(
      'Ann Petrova’s screen',
    )
    await shoot(bob.page, 'call-screen-dark')
    await press(ann.page, 'Stop sharing')
    await tile(bob.page, 'Ann Petrova’s screen').waitFor({ state: 'detached' })

    await press(ann.page, 'Call settings')
    const microphone = ann.page.getByRole('combobox', { name: 'Microphone' })
    await microphone.waitFor()
    expect(await microphone.locator('option').count()).toBeGreaterThan(2)
    await shoot(ann.page, 'call-devices-dark')
    await microphone.selectOption({ index: 2 })
    await ann.page.getByRole('combobox', { name: 'Speaker' }).selectOption({ index: 1 })
    await hears(bob.page, 1)
    await ann.page.getByRole('button', { name: 'Connection statistics' }).click()
    await ann.page.keyboard.press('Escape')
    await ann.page.getByRole('complementary', { name: 'Connection statistics' }).getByText('kbit/s').first().waitFor()
    await shoot(ann.page, 'call-statistics-dark')

    await tile(ann.page, 'Боб Иванов').hover()
    await press(ann.page, 'Options for Боб Иванов')
    await ann.page.getByRole('slider', { name: 'Volume' }).focus()
    await ann.page.keyboard.press('End')
    await ann.page.getByText('200 %').waitFor()
    await ann.page.getByRole('button', { name: 'Pin', exact: true }).click()
    await callWindow(ann.page).locator('article[data-focus][aria-label="Боб Иванов"]').waitFor()
    await shoot(ann.page, 'call-focus-dark')

    // Over all other windows: the person who speaks or is pinned, and the most used buttons.
    await press(ann.page, 'Call settings')
    await ann.page.getByRole('button', { name: 'Picture-in-picture' }).click()
    await pressInPicture(ann.page, 'Mute')
    await bob.page.locator('article[aria-label="Ann Petrova"][aria-description*="Microphone off"]').waitFor()
    await pressInPicture(ann.page, 'Unmute')
    await bob.page.locator('article[aria-label="Ann Petrova"]:not([aria-description*="Microphone off"])').waitFor()
    await closePicture(ann.page)

    await press(ann.page, 'Minimize')
    await ann.page.getByRole('textbox', { name: 'Message' }).fill('while we talk: m v d')
    expect(await ann.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('while we talk: m v d')
    await shoot(ann.page, 'call-small-dark')
    await press(ann.page, 'Hang up')
    await bob.page.getByText('Call ended').first().waitFor()
    noErrors(ann, bob)
  })

  test('a page reloaded during a call rejoins it, still muted; of two windows only one is in the call', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await callDirect(ann, bob)
    await press(bob.page, 'Mute')
    await bob.page.reload()
    await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
    await hears(bob.page, 1)
    await callWindow(bob.page).getByRole('button', { name: 'Unmute' }).waitFor()
    await press(bob.page, 'Unmute')
    await hears(ann.page, 1)

    const other = await bob.context.newPage()
    await watchConnections(other)
    await other.goto('/')
    for (const page of [bob.page, other]) {
      if (page === bob.page) await press(page, 'Minimize')
      await page
        .getByRole('link', { name: /Ann Petrova/ })
        .first()
        .click()
    }
    const banner = other.getByRole('region', { name: 'Call in progress' })
    await banner.getByText('You’re in a call in another window').waitFor()
    expect(await other.getByRole('alertdialog').count()).toBe(0)
    await shoot(other, 'call-other-window-light')
    await banner.getByRole('button', { name: 'Continue here' }).click()
    await bob.page.getByText('Call continued in another window').first().waitFor()
    await callWindow(bob.page).waitFor({ state: 'detached' })
    await Promise.all([linked(ann.page, 2), linked(other, 2)])
    await Promise.all([hears(ann.page, 1), hears(other, 1)])
    const states = await bob.page.evaluate(() =>
      (window as unknown as { kept: RTCPeerConnection[] }).kept.map(({ connectionState }) => connectionState),
    )
    expect(new Set(states)).toEqual(new Set(['closed']))
    await bob.page
      .getByRole('region', { name: 'Call in progress' })
      .getByRole('button', { name: 'Continue here' })
      .click()
    await other.getByText('Call continued in another window').first().waitFor()
    await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
    await press(bob.page, 'Hang up')
    await banner.waitFor({ state: 'detached' })
    await ann.page.getByText('Call ended').first().waitFor()
    noErrors(ann, bob)
  })

  test('push-to-talk opens the microphone while Space is held', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await callDirect(ann, bob)
    await press(ann.page, 'Call settings')
    await ann.page.getByRole('switch', { name: 'Push to talk' }).click()
    await ann.page.keyboard.press('Escape')
    const muted = bob.page.locator('article[aria-label="Ann Petrova"][aria-description*="Microphone off"]')
    await muted.waitFor()
    await ann.page.keyboard.down('Space')
    await muted.waitFor({ state: 'detached' })
    await ann.page.keyboard.up('Space')
    await muted.waitFor()
    // Screen sharing also works in a call without cameras.
    await press(ann.page, 'Share screen')
    await sees(bob.page, 'Ann Petrova’s screen')
    expect(await tile(bob.page, 'Ann Petrova').locator('video').count()).toBe(0)
    // Signing out leaves the call: the others neither hear nor see the person.
    await press(ann.page, 'Minimize')
    await ann.page.getByRole('button', { name: 'Settings', exact: true }).click()
    await ann.page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await ann.page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    await bob.page.getByText('Call ended').first().waitFor()
    const states = await ann.page.evaluate(() =>
      (window as unknown as { kept: RTCPeerConnection[] }).kept.map(({ connectionState }) => connectionState),
    )
    expect(new Set(states)).toEqual(new Set(['closed']))
    noErrors(ann, bob)
  })
})

describe('a call that is not answered', () => {
  test('is declined, and the caller is notified', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await openDirect(ann.page, bob)
    await ann.page.getByRole('button', { name: 'Audio call' }).click()
    await bob.page.getByRole('button', { name: 'Decline' }).click()
    await ann.page.getByText('Call declined').first().waitFor()
    await callWindow(ann.page).waitFor({ state: 'detached' })
  })

  test('is cancelled by the caller: it stops ringing, and says so', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await openDirect(ann.page, bob)
    await ann.page.getByRole('button', { name: 'Audio call' }).click()
    const card = bob.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' })
    await card.waitFor()
    await press(ann.page, 'Hang up')
    await card.waitFor({ state: 'detached' })
    const toast = bob.page.getByRole('listitem').filter({ hasText: 'Missed call from Ann Petrova' })
    await toast.getByRole('button', { name: 'Call back' }).waitFor()
    // The entry stays in both conversations, and the person who missed the call can call back.
    await ann.page.locator('[data-call="cancelled"]').getByRole('button', { name: 'Call again' }).waitFor()
    await bob.page
      .getByRole('link', { name: /Ann Petrova/ })
      .first()
      .click()
    await shoot(bob.page, 'call-missed-light')
    await bob.page.locator('[data-call="missed"]').getByRole('button', { name: 'Call back' }).click()
    await ann.page.getByRole('button', { name: 'Accept', exact: true }).click()
    await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
    await press(bob.page, 'Hang up')
    await ann.page.locator('[data-call="ended"]').waitFor()
    await bob.page.reload()
    await bob.page.locator('[data-call="missed"]').waitFor()
    await bob.page.locator('[data-call="ended"]').waitFor()
  })

  test('of somebody in another call: the caller is told that they are busy', async () => {
    const [ann, bob] = await pair(browser, beseda)
    await callDirect(ann, bob)
    const cat = await personAtWindow(browser, beseda.url, 'Cat')
    await openDirect(cat.page, bob)
    await cat.page.getByRole('button', { name: 'Audio call' }).click()
    await cat.page.getByText('On another call').first().waitFor()
    expect(await bob.page.getByRole('alertdialog').count()).toBe(0)
    await hears(bob.page, 1)
    await press(ann.page, 'Hang up')
  })
})

test('a call rings on every device; the one that answers has it, and another can take it over', async () => {
  const [ann, bob] = await pair(browser, beseda)
  const phone = await openWindow(browser, beseda.url, { phone: true })
  await watchConnections(phone.page)
  await phone.page.goto('/sign-in')
  await phone.page.getByLabel('Username').fill(bob.username)
  await phone.page.getByLabel('Password').fill(PASSWORD)
  await phone.page.getByRole('button', { name: 'Sign in' }).click()
  await phone.page.getByRole('button', { name: 'New conversation' }).first().waitFor()

  await openDirect(ann.page, bob)
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await phone.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' }).waitFor()
  await shoot(phone.page, 'call-incoming-phone')
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await phone.page.getByText('Answered on another device').first().waitFor()
  await phone.page.getByRole('alertdialog').waitFor({ state: 'detached' })
  await linked(ann.page, 2)

  await phone.page
    .getByRole('link', { name: /Ann Petrova/ })
    .first()
    .click()
  await shoot(phone.page, 'call-banner-phone')
  await phone.page.getByRole('button', { name: 'Switch to this device' }).click()
  await bob.page.getByText('Call moved to your other device').first().waitFor()
  await Promise.all([linked(ann.page, 2), linked(phone.page, 2)])
  await Promise.all([hears(ann.page, 1), hears(phone.page, 1)])
  await shoot(phone.page, 'call-two-phone')
  expect(await packets(phone.page, 'audio')).toBeGreaterThan(0)
  await press(phone.page, 'Hang up')
  await ann.page.getByText('Call ended').first().waitFor()
  noErrors(ann, bob, { ...phone, username: '', displayName: '' })
})

import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import {
  callWindow,
  enterGroupCall,
  hears,
  linked,
  noErrors,
  press,
  sees,
  tile,
  watchConnections,
} from '../support/calls.js'
import { createGroup, type PersonAtWindow, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Four people in a call of their group, each in their own browser window. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const NAMES = ['Ann Petrova', 'Боб Иванов', 'Cat Stevens', 'Dan Brown']
async function group(name: string): Promise<PersonAtWindow[]> {
  const people: PersonAtWindow[] = []
  for (const [i, displayName] of NAMES.entries()) {
    const url = i % 2 === 0 ? beseda.url : beseda.url2
    const colorScheme = i === 3 ? 'light' : 'dark'
    people.push(await personAtWindow(browser, url, displayName, { colorScheme }, watchConnections))
  }
  const [first, ...others] = people
  await createGroup(first!.page, name, others)
  for (const { page } of others)
    await page
      .getByRole('link', { name: new RegExp(name) })
      .first()
      .click()
  return people
}
const everybody = (people: readonly PersonAtWindow[], work: (person: PersonAtWindow) => Promise<unknown>) =>
  Promise.all(people.map(work))

test('four with video and a screen; one leaves and returns; an admin mutes all and removes one', async () => {
  const people = await group('Tea room')
  const [ann, bob, cat, dan] = people as [PersonAtWindow, PersonAtWindow, PersonAtWindow, PersonAtWindow]
  await ann.page.getByRole('button', { name: 'Video call' }).click()
  const lobby = ann.page.getByRole('dialog', { name: 'Tea room' })
  await lobby.locator('video').waitFor()
  await lobby.getByLabel('Ring everyone').check()
  await shoot(ann.page, 'lobby-dark')
  await lobby.getByRole('button', { name: 'Start call' }).click()

  await bob.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' }).waitFor()
  await shoot(dan.page, 'call-group-incoming-light')
  await bob.page.getByRole('button', { name: 'Accept with video' }).click()
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await cat.page.getByRole('button', { name: 'Accept', exact: true }).click()
  // Dan has turned off ringing, and joins late.
  await dan.page.getByRole('button', { name: 'Decline' }).click()
  await dan.page.getByRole('region', { name: 'Call in progress' }).waitFor()
  await shoot(dan.page, 'call-banner-light')
  await dan.page.getByRole('region', { name: 'Call in progress' }).getByRole('button', { name: 'Join' }).click()
  await dan.page.getByRole('dialog', { name: 'Tea room' }).locator('video').waitFor()
  await shoot(dan.page, 'lobby-light')
  await dan.page.getByRole('dialog', { name: 'Tea room' }).getByRole('button', { name: 'Join' }).click()
  await everybody(people, ({ page }) => linked(page, 4))
  await everybody(people, ({ page }) => hears(page, 3))
  await sees(cat.page, 'Ann Petrova')
  await sees(cat.page, 'Боб Иванов')
  await sees(cat.page, 'Dan Brown')
  expect(await callWindow(ann.page).locator('[data-columns]').getAttribute('data-columns')).toBe('2')
  await shoot(ann.page, 'call-four-dark')

  await press(bob.page, 'Share screen')
  await everybody([ann, cat, dan], ({ page }) => sees(page, 'Боб Иванов’s screen'))
  await shoot(ann.page, 'call-four-screen-dark')
  await press(bob.page, 'Stop sharing')

  await press(dan.page, 'Hang up')
  await everybody([ann, bob, cat], ({ page }) => linked(page, 3))
  await enterGroupCall(dan.page, false)
  await everybody(people, ({ page }) => linked(page, 4))
  await hears(dan.page, 3)

  await press(ann.page, 'Call settings')
  await ann.page.getByRole('button', { name: 'Mute everyone' }).click()
  await ann.page.keyboard.press('Escape')
  await everybody([bob, cat, dan], ({ page }) => callWindow(page).getByRole('button', { name: 'Unmute' }).waitFor())
  await bob.page.getByText('Ann Petrova muted you').first().waitFor()
  expect(await callWindow(ann.page).getByRole('button', { name: 'Mute', exact: true }).count()).toBe(1)

  await tile(ann.page, 'Cat Stevens').hover()
  await press(ann.page, 'Options for Cat Stevens')
  await shoot(ann.page, 'call-tile-menu-dark')
  await ann.page.getByRole('button', { name: 'Remove from call' }).click()
  await cat.page.getByText('You were removed from the call').first().waitFor()
  await everybody([ann, bob, dan], ({ page }) => linked(page, 3))
  // The action is not offered to somebody without the permission.
  await tile(bob.page, 'Ann Petrova').hover()
  await press(bob.page, 'Options for Ann Petrova')
  await bob.page.getByRole('slider', { name: 'Volume' }).waitFor()
  expect(await bob.page.getByRole('button', { name: 'Remove from call' }).count()).toBe(0)
  await bob.page.keyboard.press('Escape')

  await everybody([ann, bob], ({ page }) => press(page, 'Hang up'))
  await linkedAlone(dan)
  await press(dan.page, 'Hang up')
  await everybody(people, ({ page }) =>
    page.getByRole('region', { name: 'Call in progress' }).waitFor({ state: 'detached' }),
  )
  noErrors(...people)
  // Four windows encode and decode video for each other, on a machine that may have two cores.
})

const linkedAlone = ({ page }: PersonAtWindow) => callWindow(page).getByText('You’re the only one here').waitFor()

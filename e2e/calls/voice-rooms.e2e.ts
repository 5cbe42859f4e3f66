import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { apiClient } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { passesAxe } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { callWindow, hears, linked, noErrors, participants, press, watchConnections } from '../support/calls.js'
import { apiOf, createGroup, messages, type PersonAtWindow, personAtWindow, say } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Voice rooms: people come and go with one click, and nobody is rung. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const LIST = { name: 'Conversations' }
const room = (page: Page, group: string) =>
  page.getByRole('complementary', LIST).getByRole('button', { name: new RegExp(`oice room, ${group}`) })
/** Who is in the room, as a screen reader says it after the name of the button. */
const whoIsIn = (page: Page, group: string, text: string) =>
  expect
    .poll(() =>
      room(page, group).evaluate(
        (button) => document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent,
      ),
    )
    .toBe(text)

/** Her own calls to the API, as from a script. */
async function membershipOf(page: Page) {
  const { session, origin } = await page.evaluate(() => ({
    session: localStorage.getItem('beseda.session') ?? '{}',
    origin: location.origin,
  }))
  return apiClient(MembershipService, origin, (JSON.parse(session) as { accessToken: string }).accessToken)
}

async function openRoom({ page }: PersonAtWindow, name: string, others: readonly PersonAtWindow[]): Promise<string> {
  await createGroup(page, name, others)
  const groupId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const { groups } = await apiOf(page)
  await groups.updateGroup({ commandId: newId(), groupId, settings: { voiceRoom: true } })
  return groupId
}

test('an admin opens a room; two enter it by one click, hear each other, and nobody is rung', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url2, 'Боб Иванов', { colorScheme: 'light' }, watchConnections)
  const cat = await personAtWindow(browser, beseda.url, 'Cat Stevens')
  await createGroup(ann.page, 'Tea room', [bob, cat])
  await ann.page.getByRole('button', { name: 'Group options' }).click()
  await ann.page.getByRole('menuitem', { name: 'Group settings' }).click()
  await ann.page.getByRole('tab', { name: 'Rules' }).click()
  await ann.page.getByRole('switch', { name: 'Voice room' }).click()
  await shoot(ann.page, 'voice-room-rules-dark')
  await ann.page.getByRole('button', { name: 'Save' }).click()
  await ann.page.getByRole('button', { name: 'Saved' }).waitFor()
  await ann.page.keyboard.press('Escape')
  await room(ann.page, 'Tea room').waitFor()
  await whoIsIn(ann.page, 'Tea room', 'No one is in it')

  await room(ann.page, 'Tea room').click()
  await whoIsIn(bob.page, 'Tea room', 'In it: Ann Petrova')
  await shoot(bob.page, 'voice-room-list-light')
  await passesAxe(bob.page, 'axe-voice-room', 'aside')
  await room(bob.page, 'Tea room').click()
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  await whoIsIn(cat.page, 'Tea room', 'In it: Ann Petrova, Боб Иванов')
  expect(await cat.page.getByRole('alertdialog').count()).toBe(0)

  // In the head of the conversation, too, for whoever is not in it.
  await cat.page
    .getByRole('link', { name: /Tea room/ })
    .first()
    .click()
  await cat.page.getByRole('region', { name: 'Voice room' }).getByText('2 people').waitFor()
  await shoot(cat.page, 'voice-room-head-dark')
  const { width = 0, height = 0 } = cat.page.viewportSize() ?? {}
  await cat.page.setViewportSize({ width: 390, height: 844 })
  await shoot(cat.page, 'voice-room-head-phone-dark')
  await cat.page.getByRole('link', { name: 'Back' }).click()
  await room(cat.page, 'Tea room').waitFor()
  await shoot(cat.page, 'voice-room-list-phone-dark')
  await cat.page.setViewportSize({ width, height })
  await cat.page
    .getByRole('link', { name: /Tea room/ })
    .first()
    .click()

  await shoot(ann.page, 'voice-room-in-it-dark')
  await shoot(bob.page, 'voice-room-in-it-light')
  // The room is small, so the conversation goes on.
  await say(ann.page, 'Who has the sugar?')
  await room(ann.page, 'Tea room').click()
  await callWindow(ann.page).waitFor({ state: 'detached' })
  await callWindow(bob.page).getByText('You’re the only one here').waitFor()
  await whoIsIn(cat.page, 'Tea room', 'In it: Боб Иванов')
  await press(bob.page, 'Hang up')
  await whoIsIn(cat.page, 'Tea room', 'No one is in it')
  await messages(cat.page).getByText('Who has the sugar?').waitFor()
  expect(await cat.page.locator('[data-call]').count()).toBe(0)
  noErrors(ann, bob, cat)
})

test('one click moves from a room to another, with the microphone as it was left; a reload returns to it', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url2, 'Bob Ivanov', {}, watchConnections)
  await openRoom(bob, 'Garden', [ann])
  await openRoom(ann, 'Attic', [bob])
  await room(ann.page, 'Attic').click()
  await callWindow(ann.page).waitFor()
  await press(ann.page, 'Mute')
  await whoIsIn(bob.page, 'Attic', 'In it: Ann Petrova')
  await room(bob.page, 'Garden').click()
  await whoIsIn(ann.page, 'Garden', 'In it: Bob Ivanov')
  await room(ann.page, 'Garden').click()
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await whoIsIn(bob.page, 'Attic', 'No one is in it')
  await callWindow(ann.page).getByRole('button', { name: 'Unmute', exact: true }).waitFor()
  await ann.page.reload()
  await linked(ann.page, 2)
  expect(await participants(bob.page)).toBe(2)
  noErrors(ann, bob)
})

test('whoever is muted or removed is out of the room at once', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url2, 'Bob Ivanov', {}, watchConnections)
  const groupId = await openRoom(ann, 'Cellar', [bob])
  await room(ann.page, 'Cellar').click()
  await room(bob.page, 'Cellar').click()
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  const membership = await membershipOf(ann.page)
  const { members } = await membership.listMembers({ groupId })
  const bobId = members.find(({ role }) => role === Role.MEMBER)?.userId ?? ''
  await membership.muteMember({ commandId: newId(), groupId, userId: bobId, forS: 600 })
  await bob.page.getByText('You were removed from the call').first().waitFor()
  await whoIsIn(bob.page, 'Cellar', 'In it: Ann Petrova')
  await room(bob.page, 'Cellar').click()
  await bob.page.getByText(/muted/i).first().waitFor()
  await whoIsIn(bob.page, 'Cellar', 'In it: Ann Petrova')
  await membership.muteMember({ commandId: newId(), groupId, userId: bobId, forS: 0 })
  await room(bob.page, 'Cellar').click()
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await membership.removeMember({ commandId: newId(), groupId, userId: bobId })
  await callWindow(bob.page).waitFor({ state: 'detached' })
  await whoIsIn(ann.page, 'Cellar', 'In it: Ann Petrova')
})

test('by keyboard the menu of the line opens the preview, which rings nobody', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url2, 'Bob Ivanov')
  await openRoom(ann, 'Loft', [bob])
  await room(ann.page, 'Loft').focus()
  await ann.page.keyboard.press('Shift+F10')
  await ann.page.getByRole('menuitem', { name: 'Join with a preview' }).click()
  const lobby = ann.page.getByRole('dialog', { name: 'Loft' })
  await lobby.getByText('No one can see or hear you yet.').waitFor()
  expect(await lobby.getByLabel('Ring everyone').count()).toBe(0)
  await lobby.getByRole('button', { name: 'Join' }).click()
  await whoIsIn(bob.page, 'Loft', 'In it: Ann Petrova')
  expect(await bob.page.getByRole('alertdialog').count()).toBe(0)
  await room(ann.page, 'Loft').focus()
  await ann.page.keyboard.press('Enter')
  await whoIsIn(bob.page, 'Loft', 'No one is in it')
  noErrors(ann, bob)
})

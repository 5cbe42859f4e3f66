import { newId } from '@beseda/kernel'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { apiClient } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { appoint } from '../support/appoint.js'
import { openWindow, withBrowser } from '../support/browser.js'
import { createGroup, messages, PASSWORD, type PersonAtWindow, personAtWindow, say } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** What people see of a group's rules, limits and deletions. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** The same person at the API. */
async function atApi({ username }: PersonAtWindow) {
  const identity = apiClient(IdentityService, beseda.url)
  const device = { id: newId(), name: 'API' }
  const { tokens } = await identity.signIn({ username, password: PASSWORD, device })
  const token = tokens?.accessToken
  return {
    groups: apiClient(GroupService, beseda.url, token),
    membership: apiClient(MembershipService, beseda.url, token),
  }
}

async function pair(name: string) {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova')
  const bob = await personAtWindow(browser, beseda.url, 'Боб Иванов', { colorScheme: 'light' })
  await createGroup(ann.page, name, [bob])
  await bob.page
    .getByRole('link', { name: new RegExp(name) })
    .first()
    .click()
  await bob.page.getByRole('textbox', { name: 'Message' }).waitFor()
  const groupId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? ''
  return { ann, bob, groupId }
}

test('slow mode shows a countdown, and a message that comes too early is sent by itself', async () => {
  const { ann, bob, groupId } = await pair('Slow room')
  const { groups } = await atApi(ann)
  await groups.updateGroup({ commandId: newId(), groupId, settings: { slowModeS: 6 } })
  await bob.page.getByText('Slow mode: one message every 6 seconds.').waitFor()
  await say(bob.page, 'first')
  await bob.page.getByText(/Slow mode: you can post again in \d seconds?\./).waitFor()
  await say(bob.page, 'second')
  await messages(bob.page).getByLabel('Sending…').waitFor()
  await shoot(bob.page, 'slow-mode-light')
  await messages(ann.page).getByText('second').waitFor()
  // Owners and admins are not slowed down.
  await say(ann.page, 'one')
  await say(ann.page, 'two')
  await messages(bob.page).getByText('two').waitFor()
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

test('after too many wrong passwords, the wait is shown', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova')
  const { page, errors } = await openWindow(browser, beseda.url)
  await page.goto('/sign-in')
  await page.getByLabel('Username').fill(ann.username)
  await page.getByLabel('Password').fill('a wrong guess')
  const alert = page.getByRole('alert')
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Sign in' }).click()
      return alert.textContent()
    })
    .toMatch(/doing that too often\. Try again in \d+ seconds?\./)
  await shoot(page, 'throttled-dark')
  expect(errors.filter((error) => !/40[19]|429/.test(error))).toEqual([])
})

test('a link to a message opens it for somebody who has loaded nothing of the conversation', async () => {
  const { ann, bob, groupId } = await pair('Long story')
  const { groups } = await atApi(ann)
  const first = newId()
  await groups.postMessage({ messageId: first, groupId, text: 'where it all began' })
  for (let i = 0; i < 55; i++) await groups.postMessage({ messageId: newId(), groupId, text: `chapter ${i}` })
  await messages(bob.page).getByText('chapter 54').waitFor()
  // A newly opened page has nothing; the message is older than its first fetch.
  await bob.page.goto(`/c/${groupId}?m=${first}`)
  await messages(bob.page).getByText('where it all began').waitFor()
  await shoot(bob.page, 'linked-message-light')
  await bob.page.getByRole('button', { name: 'Jump to latest' }).click()
  await messages(bob.page).getByText('chapter 54').waitFor()
  expect(new URL(bob.page.url()).search).toBe('')
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

test('deleted and disappeared messages leave every screen, including the search results', async () => {
  const { ann, bob, groupId } = await pair('Secrets')
  const { groups } = await atApi(ann)
  const messageId = newId()
  await groups.postMessage({ messageId, groupId, text: 'the treasure is under the oak' })
  await createGroup(bob.page, 'Elsewhere', [])
  await bob.page.getByRole('button', { name: 'Search', exact: true }).click()
  const panel = bob.page.getByRole('complementary', { name: 'Search' })
  await panel.getByRole('searchbox').fill('in:Secrets from:"Ann Petrova" treasure')
  await panel.getByText('under the oak').waitFor()
  await shoot(bob.page, 'search-in-light')
  await groups.deleteMessage({ commandId: newId(), groupId, messageId })
  await panel.getByText('under the oak').waitFor({ state: 'detached' })
  await panel.getByText('No results').waitFor()

  await groups.updateGroup({ commandId: newId(), groupId, settings: { messageTtlS: 4 } })
  await bob.page
    .getByRole('link', { name: /Secrets/ })
    .first()
    .click()
  await messages(bob.page).waitFor()
  await say(ann.page, 'this vanishes')
  await messages(bob.page).getByText('this vanishes').waitFor()
  await messages(bob.page).getByText('this vanishes').waitFor({ state: 'detached' })
  await messages(ann.page).getByText('this vanishes').waitFor({ state: 'detached' })
  await bob.page
    .getByRole('link', { name: /Secrets(?!.*unread)/ })
    .first()
    .waitFor()
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

test('an invite shows its author and its end; ownership is transferred only after a confirmation', async () => {
  const { ann, bob, groupId } = await pair('Succession')
  const { membership } = await atApi(ann)
  const { code } = await membership.createInvite({ commandId: newId(), groupId, expiresInS: 3_600 })
  const eve = await personAtWindow(browser, beseda.url, 'Eve Guest')
  await eve.page.goto(`/invite/${code}`)
  await eve.page.getByText('Ann Petrova invited you').waitFor()
  await eve.page.getByText('This invite expires').waitFor()
  await shoot(eve.page, 'invite-dark')
  // A request waits on the page of the link, which opens the group as soon as an admin lets the person in.
  const asking = await membership.createInvite({ commandId: newId(), groupId, needsApproval: true })
  await eve.page.goto(`/invite/${asking.code}`)
  await eve.page.getByRole('button', { name: 'Ask to join' }).click()
  await eve.page.getByRole('heading', { name: 'Request sent' }).waitFor()
  await ann.page.getByText('Eve Guest asks to join “Succession”', { exact: true }).waitFor()
  const { requests } = await membership.listJoinRequests({ groupId })
  const approval = { commandId: newId(), groupId, userId: requests[0]?.userId ?? '', approve: true }
  await membership.resolveJoinRequest(approval)
  await eve.page.getByRole('textbox', { name: 'Message' }).waitFor()
  await ann.page.getByRole('button', { name: 'Options for Боб Иванов' }).click()
  await ann.page.getByRole('menuitem', { name: 'Make owner' }).click()
  await ann.page.getByRole('dialog', { name: 'Make Боб Иванов the owner?' }).waitFor()
  await shoot(ann.page, 'hand-over-dark')
  await ann.page.getByRole('button', { name: 'Transfer' }).click()
  await bob.page.getByRole('button', { name: 'Group options' }).click()
  await bob.page.getByRole('menuitem', { name: 'Group settings' }).click()
  await bob.page.getByRole('tab', { name: 'Archive or delete' }).waitFor()
  expect([...ann.errors, ...bob.errors, ...eve.errors]).toEqual([])
})

test('a message is reported, and an administrator deletes it for everybody; a forgotten password is reset by a link', async () => {
  const { ann, bob } = await pair('Reported room')
  await say(bob.page, 'buy my coins')
  const reported = messages(ann.page).getByRole('article').filter({ hasText: 'buy my coins' })
  await reported.hover()
  await reported.getByRole('button', { name: 'More' }).click()
  await ann.page.getByRole('menuitem', { name: 'Report', exact: true }).click()
  const dialog = ann.page.getByRole('dialog', { name: 'Report to the administrators' })
  await dialog.getByLabel('Comment').fill('He writes this to everybody.')
  await shoot(ann.page, 'report')
  await dialog.getByRole('button', { name: 'Send report' }).click()
  await ann.page.getByText('Thank you. The administrators will review it.', { exact: true }).waitFor()

  // Bob was neither the first to register nor appointed.
  await bob.page.goto('/admin')
  await bob.page.getByText('This page is for administrators').waitFor()
  await bob.page.goBack()
  await messages(bob.page).getByText('buy my coins').waitFor()
  await appoint(beseda, ann.username)
  await ann.page.goto('/admin')
  await ann.page.getByText('Everything is running').waitFor()
  await ann.page.getByRole('tab', { name: 'Reports' }).click()
  const card = ann.page.getByRole('listitem').filter({ hasText: 'He writes this to everybody.' })
  await card.getByText('buy my coins').waitFor()
  await shoot(ann.page, 'admin-reports')
  await card.getByRole('button', { name: 'Delete message for everyone' }).click()
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Close report' }).click()
  await ann.page.getByText('No open reports').waitFor()
  await messages(bob.page).getByText('buy my coins').waitFor({ state: 'detached' })

  await ann.page.getByRole('tab', { name: 'People' }).click()
  await ann.page.getByRole('searchbox', { name: 'Find by name' }).fill(bob.username)
  const person = ann.page.getByRole('listitem').filter({ hasText: bob.username })
  await person.getByRole('button', { name: `Manage ${bob.displayName}` }).click()
  await ann.page.getByRole('button', { name: 'Create link' }).click()
  const link = await ann.page.getByRole('textbox', { name: 'Password reset link' }).inputValue()
  await shoot(ann.page, 'admin-person')
  // All his sessions have ended; the new password signs in.
  await bob.page.goto(link)
  await bob.page.getByLabel('New password').fill('quite another horse')
  await bob.page.getByRole('button', { name: 'Save password' }).click()
  await bob.page.getByText(`Your username is ${bob.username}.`).waitFor()
  await shoot(bob.page, 'reset-done')
  await bob.page.goto('/sign-in')
  await bob.page.getByLabel('Username').fill(bob.username)
  await bob.page.getByLabel('Password').fill('quite another horse')
  await bob.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await bob.page.getByRole('button', { name: 'New conversation' }).first().waitFor()
  await ann.page.keyboard.press('Escape')
  await ann.page.getByRole('tab', { name: 'Audit log' }).click()
  await ann.page.getByText(`created a password reset link for ${bob.displayName}`).waitFor()
  await ann.page.getByText(`deleted a reported message by ${bob.displayName}`).waitFor()
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

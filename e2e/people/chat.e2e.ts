import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newId } from '@beseda/kernel'
import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { message, open, pairIn } from '../support/pair.js'
import {
  apiOf,
  createGroup,
  messages,
  openDirect,
  PASSWORD,
  type PersonAtWindow,
  personAtWindow,
  say,
} from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Messages and groups, in two browsers at once. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** Opens the menu of a message and chooses an item. */
async function choose(page: Page, text: string, item: string): Promise<void> {
  await message(page, text).first().hover()
  await message(page, text).first().getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const pair = (name: string) => pairIn(browser, beseda, name)

describe('messages', () => {
  test('are replied to, edited, reacted to, pinned and deleted, on both sides at once', async () => {
    const [ann, bob] = await pair('Tea room')
    await say(ann.page, 'Green or black?')
    await message(bob.page, 'Green or black?').waitFor()

    await message(bob.page, 'Green').hover()
    await message(bob.page, 'Green').getByRole('button', { name: 'Reply' }).click()
    await say(bob.page, 'Blak, please')
    await message(ann.page, 'Blak').getByText('Green or black?').waitFor()

    await choose(bob.page, 'Blak', 'Edit')
    await say(bob.page, 'Black, please')
    await message(ann.page, 'Black, please').getByText('edited').waitFor()

    await message(ann.page, 'Black, please').hover()
    await message(ann.page, 'Black, please').getByRole('button', { name: 'React with 👍' }).click()
    await message(bob.page, 'Black, please')
      .getByRole('button', { name: /👍 1 by Ann Petrova/ })
      .click()
    await message(ann.page, 'Black, please')
      .getByRole('button', { name: /👍 2 by Ann Petrova, Боб/, pressed: true })
      .waitFor()

    await choose(ann.page, 'Green or black?', 'Pin')
    await bob.page.getByRole('button', { name: 'Pinned messages' }).click()
    await bob.page.getByRole('complementary', { name: 'Pinned messages' }).getByText('Green or black?').waitFor()
    await shoot(bob.page, 'pins-light')

    await choose(ann.page, 'Black, please', 'Delete')
    await shoot(ann.page, 'delete-dark')
    await ann.page.getByRole('button', { name: 'Delete for everyone' }).click()
    await message(bob.page, 'Black, please').waitFor({ state: 'detached' })
    await message(ann.page, 'Black, please').waitFor({ state: 'detached' })
    await choose(bob.page, 'Green or black?', 'Delete')
    await bob.page.getByRole('button', { name: 'Delete for me' }).click()
    await message(bob.page, 'Green or black?').waitFor({ state: 'detached' })
    await message(ann.page, 'Green or black?').waitFor()
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('mention people by name, count as mentions, and are read on every device once read on one', async () => {
    const [ann, bob] = await pair('Mentions')
    await openDirect(bob.page, ann)
    const field = ann.page.getByRole('textbox', { name: 'Message' })
    await field.pressSequentially('@Боб')
    await ann.page.getByRole('option', { name: /Боб/ }).waitFor()
    await ann.page.keyboard.press('Enter')
    await field.pressSequentially('look at this')
    await ann.page.keyboard.press('Enter')
    await message(ann.page, '@Боб Иванов look at this').waitFor()
    await bob.page.getByRole('link', { name: /Mentions.*1 mention.*1 unread/ }).waitFor()
    await shoot(bob.page, 'mention-light')

    const phone = await personAtWindow(browser, beseda.url, 'Helper')
    await phone.page.evaluate(() => localStorage.clear())
    await phone.page.goto('/sign-in')
    await phone.page.getByLabel('Username').fill(bob.username)
    await phone.page.getByLabel('Password').fill(PASSWORD)
    await phone.page.getByRole('button', { name: 'Sign in' }).click()
    await phone.page.getByRole('link', { name: /Mentions.*1 mention/ }).waitFor()
    await open(phone.page, 'Mentions')
    await message(phone.page, 'look at this').waitFor()
    await bob.page
      .getByRole('link', { name: /Mentions(?!.*unread)/ })
      .first()
      .waitFor()
    await ann.page.bringToFront()
    await choose(ann.page, 'look at this', 'Seen by')
    await ann.page.getByRole('dialog', { name: 'Seen by' }).getByText('Боб Иванов').waitFor()
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('have threads beside the conversation', async () => {
    const [ann, bob] = await pair('Threads')
    await say(ann.page, 'Who comes on Friday?')
    await message(bob.page, 'Friday').waitFor()
    await choose(bob.page, 'Friday', 'Thread')
    const panel = (page: Page) => page.getByRole('complementary', { name: 'Thread' })
    await panel(bob.page).getByRole('textbox', { name: 'Reply in thread' }).fill('I do')
    await bob.page.keyboard.press('Enter')
    await message(ann.page, 'Friday')
      .getByRole('button', { name: /1 reply/ })
      .click()
    await panel(ann.page).getByText('I do').waitFor()
    await panel(ann.page).getByRole('textbox', { name: 'Reply in thread' }).fill('Great')
    await ann.page.keyboard.press('Enter')
    await panel(bob.page).getByText('Great').waitFor()
    await message(bob.page, 'Friday')
      .getByRole('button', { name: /2 replies/ })
      .waitFor()
    expect(await messages(bob.page).getByRole('article').count()).toBe(1)
    await shoot(ann.page, 'thread-dark')
    // Bob has answered in it, so he follows it: what comes while it is closed is in his list, until he has seen it.
    const list = bob.page
      .getByRole('complementary', { name: 'Conversations' })
      .getByRole('button', { name: 'Threads', exact: true })
    await panel(bob.page).getByRole('button', { name: 'Follow thread', pressed: true }).waitFor()
    await panel(bob.page).getByRole('button', { name: 'Close' }).click()
    await panel(ann.page).getByRole('textbox', { name: 'Reply in thread' }).fill('At seven?')
    await ann.page.keyboard.press('Enter')
    await expect.poll(() => list.getByText('1 unread').count()).toBe(1)
    await list.click()
    await bob.page
      .getByRole('dialog', { name: 'Threads' })
      .getByRole('button', { name: /At seven/ })
      .click()
    await panel(bob.page).getByText('At seven?').waitFor()
    await expect.poll(() => list.getByText('1 unread').count()).toBe(0)
    // For all to read: one message, in the thread and among the others.
    await panel(bob.page).getByRole('checkbox', { name: 'Also send to the conversation' }).check()
    await panel(bob.page).getByRole('textbox', { name: 'Reply in thread' }).fill('Seven it is')
    await bob.page.keyboard.press('Enter')
    await panel(ann.page).getByText('Seven it is').waitFor()
    await message(ann.page, 'Seven it is').getByRole('button', { name: 'Answered in a thread' }).waitFor()
    await message(ann.page, 'Friday')
      .getByRole('button', { name: /4 replies/ })
      .waitFor()
    expect(await panel(bob.page).getByRole('checkbox', { name: 'Also send to the conversation' }).isChecked()).toBe(
      false,
    )
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('are found by words and filters, and jumped to', async () => {
    const [ann, bob] = await pair('Search')
    const { groups } = await apiOf(ann.page)
    const groupId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? ''
    for (let i = 0; i < 60; i++) {
      const text = i === 3 ? 'Турнир начинается в субботу' : `line ${i}`
      await groups.postMessage({ messageId: newId(), groupId, text })
    }
    await message(bob.page, 'line 59').waitFor()
    await bob.page.getByLabel('Search', { exact: true }).click()
    await bob.page.getByRole('searchbox', { name: 'Search' }).fill('турниры from:Ann')
    const panel = bob.page.getByRole('complementary', { name: 'Search' })
    await panel.getByText('Турнир начинается').click()
    await message(bob.page, 'Турнир начинается').waitFor()
    await shoot(bob.page, 'search-light')
    await panel.getByRole('searchbox').fill('has:voice')
    await panel.getByText('No results').waitFor()
    await bob.page.getByRole('button', { name: 'Jump to latest' }).click()
    await message(bob.page, 'line 59').waitFor()

    const today = await bob.page.evaluate(() => new Date().toLocaleDateString('sv'))
    await panel.getByLabel('Jump to date').fill(today)
    await message(bob.page, /^.*line 0$/).waitFor()
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('carry pictures, files and voice', async () => {
    const [ann, bob] = await pair('Files')
    const picture = await ann.page.screenshot()
    await ann.page
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        { name: 'screen.png', mimeType: 'image/png', buffer: picture },
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello from a file') },
      ])
    await ann.page.getByRole('list', { name: 'Attachments' }).getByText('notes.txt').waitFor()
    await expect.poll(() => ann.page.getByRole('progressbar').count()).toBe(0)
    await say(ann.page, 'see these')
    const got = message(bob.page, 'see these')
    await got.getByRole('img', { name: 'screen.png' }).waitFor()
    const download = bob.page.waitForEvent('download')
    await got.getByRole('button', { name: 'Download notes.txt' }).click()
    expect((await download).suggestedFilename()).toBe('notes.txt')

    await ann.page.getByRole('button', { name: 'Record a voice message' }).click()
    await ann.page.getByRole('timer').getByText('0:01').waitFor()
    await ann.page.getByRole('button', { name: 'Send voice message' }).click()
    // A second of sound would be over before a busy machine checks.
    await bob.page.evaluate(() => {
      const { play } = HTMLMediaElement.prototype
      HTMLMediaElement.prototype.play = function () {
        this.playbackRate = 0.1
        return play.call(this)
      }
    })
    await messages(bob.page).getByRole('button', { name: 'Play' }).click()
    await messages(bob.page).getByRole('button', { name: 'Pause' }).waitFor()
    await shoot(bob.page, 'files-light')
    await got.getByRole('button', { name: 'Open screen.png' }).click()
    await bob.page.getByRole('dialog', { name: 'screen.png' }).waitFor()
    await shoot(bob.page, 'picture-light')
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('are forwarded into another conversation', async () => {
    const [ann, bob] = await pair('Origin')
    await say(ann.page, 'pass this on')
    await message(bob.page, 'pass this on').waitFor()
    await choose(bob.page, 'pass this on', 'Forward')
    await createElsewhere(bob)
    await choose(bob.page, 'pass this on', 'Forward')
    await bob.page.getByRole('dialog', { name: 'Forward to' }).getByRole('option', { name: 'Elsewhere' }).click()
    await bob.page.getByRole('heading', { name: 'Elsewhere', level: 1 }).waitFor()
    await message(bob.page, 'pass this on').getByText('Forwarded from Ann Petrova').waitFor()
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })
})

async function createElsewhere({ page }: PersonAtWindow): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Forward to' })
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await createGroup(page, 'Elsewhere', [])
  await open(page, 'Origin')
  await message(page, 'pass this on').waitFor()
}

test('a link shows a preview that the server fetched; a group can turn previews off', async () => {
  const asked: string[] = []
  const site = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['user-agent']}`)
    const page = '<title>Samovars &amp; tea</title><meta name="description" content="All about them">'
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const [ann, bob] = await pair('Links')
  await say(ann.page, `look ${url}/tea`)
  for (const { page } of [ann, bob])
    await message(page, 'look')
      .getByRole('link', { name: /Samovars & tea.*All about them/ })
      .waitFor()

  await ann.page.getByRole('button', { name: 'Group options' }).click()
  await ann.page.getByRole('menuitem', { name: 'Group settings' }).click()
  await ann.page.getByRole('tab', { name: 'Rules' }).click()
  await ann.page.getByRole('switch', { name: 'No link previews' }).click()
  await ann.page.getByRole('button', { name: 'Save' }).click()
  await ann.page.getByRole('button', { name: 'Saved' }).waitFor()
  await ann.page.keyboard.press('Escape')
  await message(bob.page, 'look').getByText('Samovars').waitFor({ state: 'detached' })
  await say(ann.page, `and ${url}/coffee`)
  await message(bob.page, 'coffee').waitFor()
  expect(asked).toEqual([expect.stringMatching(/^\/tea .*Beseda link preview/)])
  expect([...ann.errors, ...bob.errors]).toEqual([])
  site.close()
})

describe('groups', () => {
  test('are set up by their owner: rules, permissions, webhooks, audit, archive', async () => {
    const [ann, bob] = await pair('Workshop')
    const settings = async (tab: string) => {
      await ann.page.getByRole('button', { name: 'Group options' }).click()
      await ann.page.getByRole('menuitem', { name: 'Group settings' }).click()
      await ann.page.getByRole('tab', { name: tab }).click()
    }
    await settings('Permissions')
    await ann.page.getByLabel('Send messages').selectOption('Admins')
    await ann.page.getByRole('button', { name: 'Save' }).click()
    await bob.page.getByText('You don’t have permission to post here.').waitFor()
    await shoot(ann.page, 'permissions-dark')
    await ann.page.getByLabel('Send messages').selectOption('Everyone')
    await ann.page.getByRole('button', { name: 'Save', exact: true }).click()
    await bob.page.getByRole('textbox', { name: 'Message' }).waitFor()

    await ann.page.getByRole('tab', { name: 'Webhooks' }).click()
    await ann.page.getByLabel('Name').fill('Builds')
    await ann.page.getByRole('button', { name: 'Create' }).click()
    const url = await ann.page.getByRole('textbox', { name: 'Webhook URL' }).inputValue()
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'build **passed**' }) })
    expect(answer.status).toBe(200)
    await message(bob.page, 'Builds').getByText('passed').waitFor()
    await shoot(ann.page, 'webhooks-dark')

    await ann.page.getByRole('tab', { name: 'Audit log' }).click()
    await ann.page.getByText('created the webhook “Builds”').waitFor()
    await shoot(ann.page, 'audit-dark')
    await ann.page.getByRole('tab', { name: 'Export' }).click()
    const download = ann.page.waitForEvent('download')
    await ann.page.getByRole('button', { name: 'As a web page (HTML)' }).click()
    expect((await download).suggestedFilename()).toBe('Workshop.html')
    await ann.page.getByRole('tab', { name: 'Archive or delete' }).click()
    await ann.page.getByRole('button', { name: 'Archive group' }).click()
    await bob.page.getByText('This group is archived').waitFor()
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })

  test('mute and ban members, and approve join requests', async () => {
    const [ann, bob] = await pair('Club house')
    const eve = await personAtWindow(browser, beseda.url, 'Eve Guest')
    await ann.page.getByRole('button', { name: 'Options for Боб Иванов' }).click()
    await ann.page.getByRole('menuitem', { name: 'Mute' }).click()
    await ann.page.getByLabel('Duration').selectOption('8 hours')
    await shoot(ann.page, 'mute-dark')
    await ann.page.getByRole('button', { name: 'Mute', exact: true }).click()
    await bob.page.getByText('You’re muted until').waitFor()
    await ann.page.getByRole('button', { name: 'Options for Боб Иванов' }).click()
    await ann.page.getByRole('menuitem', { name: 'Ban', exact: true }).click()
    await ann.page.getByLabel('Reason').fill('spam')
    await shoot(ann.page, 'ban-dark')
    await ann.page.getByRole('button', { name: 'Ban', exact: true }).click()
    await bob.page.getByText('No conversations yet').waitFor()
    const notices = bob.page.getByRole('list', { name: 'Notices' })
    await notices.getByText(/Ann Petrova banned you from “Club house” .*Reason: spam/).waitFor()
    await shoot(bob.page, 'banned-dark')

    await ann.page.getByRole('button', { name: 'Group options' }).click()
    await ann.page.getByRole('menuitem', { name: 'Group settings' }).click()
    await ann.page.getByRole('tab', { name: 'Rules' }).click()
    await ann.page.getByLabel('Who can join').selectOption('Listed, approval needed')
    await ann.page.getByRole('button', { name: 'Save' }).click()
    await ann.page.getByRole('button', { name: 'Saved' }).waitFor()
    await shoot(ann.page, 'rules-dark')
    await eve.page.getByRole('button', { name: 'New conversation' }).first().click()
    await eve.page.getByRole('menuitem', { name: 'Find groups' }).click()
    await eve.page.getByLabel('Group name').fill('club house')
    // Groups of other tests are listed until the search is done.
    const listed = eve.page.getByRole('listitem').filter({ hasText: 'Club house' })
    await listed.getByRole('button', { name: 'Ask to join' }).click()
    await eve.page.getByText('Requested').waitFor()
    await shoot(eve.page, 'discover-dark')
    await ann.page.getByRole('tab', { name: 'Requests' }).click()
    await ann.page.getByRole('tabpanel').getByText('Eve Guest').waitFor()
    await ann.page.getByRole('button', { name: 'Approve' }).click()
    await eve.page.keyboard.press('Escape')
    await eve.page
      .getByRole('link', { name: /Club house/ })
      .first()
      .click()
    await say(eve.page, 'Thank you!')
    // Behind the dialog, where the conversation has no role.
    await ann.page.locator('article').filter({ hasText: 'Thank you!' }).waitFor()
    await ann.page.getByRole('tab', { name: 'Bans' }).click()
    await ann.page.getByText('spam').waitFor()
    expect([...ann.errors, ...bob.errors, ...eve.errors]).toEqual([])
  })
})

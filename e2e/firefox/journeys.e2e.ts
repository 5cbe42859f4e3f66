import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { PASSWORD, Person } from '@beseda/testkit'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Door } from '../support/firefox/door.js'
import { Firefox, hasFirefox, NO_FIREFOX } from '../support/firefox/firefox.js'
import { type DrivenPage, KEY } from '../support/firefox/page.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** What people do every day, in Firefox: skipped where it is not installed. */
const beseda = sharedInstallation()
const FIELD = 'textarea'
let firefox: Firefox
beforeAll(async () => {
  if (hasFirefox) firefox = await Firefox.start()
})
afterAll(() => firefox?.stop())

/** Somebody in front of this browser with a conversation open, and somebody else in it who speaks by the API. */
async function inConversation(title: string) {
  const [ann, bob] = [await Person.register(beseda.url, 'Ann Petrova'), await Person.register(beseda.url, 'Боб Иванов')]
  const { group } = await ann.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: title,
    memberIds: [bob.userId],
  })
  const groupId = group?.id ?? ''
  const door = await Door.to(beseda.url)
  onTestFinished(() => door.shut())
  const page = await firefox.open()
  await signIn(page, door.url, ann)
  await openConversation(page, title)
  const says = async (text: string) => {
    await bob.groups.postMessage({ messageId: newId(), groupId, text })
  }
  /** What the server has, oldest first. */
  const kept = async () => (await bob.groups.listMessages({ groupId })).messages.map(({ text }) => text)
  return { ann, bob, groupId, door, page, says, kept }
}

/** A test that is skipped where the browser is missing. */
const journey = (what: string, walk: () => Promise<void>) =>
  test(what, async (context) => {
    context.skip(!hasFirefox, NO_FIREFOX)
    await walk()
  })

journey('writes, breaks a line, edits by ↑ and by the menu, and reads what others write', async () => {
  const { page, says, kept } = await inConversation('Tea room')
  await write(page, 'Green or black?')
  await says('Black, please')
  await page.sees('Black, please')
  await page.type('two')
  await page.chord(KEY.Shift, KEY.Enter)
  await page.type('lines')
  await page.key(KEY.Enter)
  await expect.poll(kept).toContain('two\nlines')

  await page.key(KEY.ArrowUp)
  await holds(page, 'two\nlines')
  await page.type(' more')
  await page.key(KEY.Enter)
  await expect.poll(kept).toContain('two\nlines more')

  // Typed without a click: after the menu the keys go into the field.
  await page.hover('article p', /lines more/)
  await page.press('More')
  await page.click('[role=menuitem]', /^Edit/)
  await holds(page, 'two\nlines more')
  await page.type('!')
  await page.key(KEY.Enter)
  await expect.poll(kept).toEqual(['Green or black?', 'Black, please', 'two\nlines more!'])
})

journey('sends a picture and a file', async () => {
  const { page, kept } = await inConversation('Files')
  const folder = mkdtempSync(join(tmpdir(), 'beseda-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [wide, notes] = [join(folder, 'wide.png'), join(folder, 'notes.txt')]
  await sharp({ create: { width: 800, height: 300, channels: 3, background: 'teal' } }).toFile(wide)
  writeFileSync(notes, 'hello from a file')
  await page.setFiles('input[type=file][multiple]', [wide, notes])
  await page.sees('notes.txt')
  await write(page, 'see these')
  await page.until(
    `(() => {
      const image = document.querySelector('article img[alt="wide.png"]')
      return image?.complete && image.naturalWidth === 800 && image.getBoundingClientRect().right <= innerWidth
    })()`,
    'the picture, whole and within the window',
  )
  await expect.poll(kept).toEqual(['see these'])
})

test('records a voice message, and plays it', async (context) => {
  context.skip(!hasFirefox, NO_FIREFOX)
  context.skip(!firefox.hasSound, 'there is no sound device: Debian’s pulseaudio is not installed')
  const { page } = await inConversation('Voices')
  await page.press('Record a voice message')
  await page.sees('0:01')
  await page.press('Send voice message')
  // A second of sound may be over before a busy machine looks: the page itself notes what happens.
  await page.run(`(() => {
    window.noted = new Set()
    const { play } = HTMLMediaElement.prototype
    HTMLMediaElement.prototype.play = function () {
      window.played = this
      for (const what of ['timeupdate', 'ended']) this.addEventListener(what, () => window.noted.add(what))
      return play.call(this)
    }
    const look = () => document.querySelector('[aria-label="Pause"]') && window.noted.add('can be paused')
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributeFilter: ['aria-label'] })
  })()`)
  await page.press('Play')
  for (const what of ['can be paused', 'timeupdate', 'ended'])
    await page.until(`window.noted.has(${JSON.stringify(what)})`, what)
  await page.until(`document.querySelector('[aria-label="Pause"]') === null`, 'it has ended')
  expect(await page.run('window.played.error === null')).toBe(true)
})

journey('finds a message by its words', async () => {
  const { page, says } = await inConversation('Orchard')
  await says('the treasure is under the pear tree')
  await says('nothing here')
  await page.press('Search')
  await page.until(`document.activeElement?.matches('[type=search], [role=searchbox]')`, 'the caret is in the search')
  await page.type('treas')
  // In the conversation, and in the panel beside it.
  await page.until(`document.body?.innerText.split('pear tree').length === 3`, 'the hit')
})

journey('writes without a network: kept over a reload, sent once when it is back', async () => {
  const { door, page, kept } = await inConversation('Lift')
  await write(page, 'before')
  await expect.poll(kept).toEqual(['before'])
  await door.shut()
  await write(page, 'in the lift')
  await page.sees('Reconnecting…')
  await page.reload()
  await page.sees('in the lift')
  await page.sees('before')
  await door.openAgain()
  await page.seesNo('Reconnecting…')
  await expect.poll(kept).toEqual(['before', 'in the lift'])
})

journey('with two tabs: the second goes on when the first is closed', async () => {
  const { page, says, kept, door } = await inConversation('Two panes')
  const second = await firefox.open()
  await second.goto(door.url)
  await openConversation(second, 'Two panes')
  await write(second, 'from the second')
  await page.sees('from the second')
  await page.close()
  await says('are you there?')
  await second.sees('are you there?')
  await write(second, 'I am')
  await expect.poll(kept).toEqual(['from the second', 'are you there?', 'I am'])
})

journey('comes back to the page in the middle of what it stores', async () => {
  const { page, door } = await inConversation('Revolving door')
  for (let turn = 0; turn < 3; turn++) {
    await page.goto(door.url)
    await page.click('a', /Revolving door/)
    await page.until(`location.pathname.startsWith('/c/')`, 'the conversation')
    // At once: the page that is left has its writes under way.
    await page.goto(`${door.url}/mark.svg`)
    await page.goto(door.url)
    await page.until(`document.body?.innerText.includes('Revolving door')`, `the list, turn ${turn}`)
  }
})

async function signIn(page: DrivenPage, url: string, person: Person): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.click('input', 'Username')
  await page.type(person.username)
  await page.click('input', 'Password')
  await page.type(PASSWORD)
  await page.key(KEY.Enter)
  await page.until(`document.querySelector('[aria-label="New conversation"]') !== null`, 'the list')
}

async function openConversation(page: DrivenPage, title: string): Promise<void> {
  await page.click('a', new RegExp(title))
  await page.click(FIELD, 'Message')
}

/** Waits until the field has the focus, and that text. */
const holds = (page: DrivenPage, text: string) =>
  page.until(`document.activeElement?.matches('textarea') && document.activeElement.value === ${JSON.stringify(text)}`)

async function write(page: DrivenPage, text: string): Promise<void> {
  await page.click(FIELD, 'Message')
  await page.type(text)
  await page.key(KEY.Enter)
}

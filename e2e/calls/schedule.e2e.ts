import { newId } from '@beseda/kernel'
import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { apiOf, createGroup, personAtWindow, uniqueName } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** A call that is scheduled by one person and seen by another. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

test('a call of today is over its conversation, is answered, and its link opens the lobby; called off, it is gone', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', { colorScheme: 'dark' })
  const bob = await personAtWindow(browser, beseda.url2, 'Боб Иванов', { colorScheme: 'light' })
  const name = uniqueName('Planners')
  await createGroup(ann.page, name, [bob])
  const link = bob.page.getByRole('link', { name: new RegExp(name) }).first()
  await link.click()

  await ann.page.getByRole('button', { name: 'Group options' }).click()
  await ann.page.getByRole('menuitem', { name: 'Scheduled calls' }).click()
  const dialog = ann.page.getByRole('dialog', { name: 'Scheduled calls' })
  await dialog.getByRole('button', { name: 'Schedule a call' }).click()
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Планёрка')
  await dialog.getByRole('combobox', { name: 'Repeats' }).selectOption('daily')
  await shoot(ann.page, 'schedule-form-dark')
  await dialog.getByRole('button', { name: 'Schedule', exact: true }).click()
  await dialog.getByRole('heading', { name: 'Планёрка' }).waitFor()
  await shoot(ann.page, 'schedule-dark')

  const upcoming = bob.page.getByRole('region', { name: 'Upcoming call' })
  await upcoming.getByText('Планёрка').waitFor()
  await upcoming.getByRole('button', { name: 'Yes' }).click()
  await upcoming.getByRole('button', { name: 'Yes', pressed: true }).waitFor()
  await shoot(bob.page, 'upcoming-light')
  await dialog.getByRole('button', { name: 'Yes 1' }).waitFor()

  const download = ann.page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Save for your calendar' }).click()
  const stream = await (await download).createReadStream()
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  // Long lines go on in the next one.
  const text = Buffer.concat(chunks).toString().replaceAll('\r\n ', '')
  const path = /^URL:(?<url>.*)$/m.exec(text)?.groups?.url?.trim() ?? ''
  expect(new URL(path).pathname).toMatch(/^\/g\/.+\/call\/.+$/)

  await bob.page.goto(new URL(path).pathname)
  await bob.page.getByRole('dialog', { name }).getByRole('button', { name: 'Start call' }).waitFor()
  await bob.page.keyboard.press('Escape')

  await dialog.getByRole('button', { name: 'Cancel the call' }).click()
  await ann.page.getByRole('button', { name: 'Cancel the call' }).last().click()
  await dialog.getByText('No scheduled calls').waitFor()
  await upcoming.waitFor({ state: 'hidden' })
})

test('whoever wants it is reminded in their open page of a call that begins soon, and enters it from there', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', { colorScheme: 'dark' })
  const bob = await personAtWindow(browser, beseda.url2, 'Боб Иванов', { colorScheme: 'light' })
  const name = uniqueName('Planners')
  await createGroup(ann.page, name, [bob])
  await ann.page
    .getByRole('link', { name: new RegExp(name) })
    .first()
    .waitFor()

  await bob.page.getByRole('button', { name: 'Settings', exact: true }).click()
  const choice = bob.page.getByRole('combobox', { name: 'Remind me of scheduled calls' })
  await choice.scrollIntoViewIfNeeded()
  await shoot(bob.page, 'reminder-choice-light')
  await choice.selectOption('5 minutes before')
  await bob.page.keyboard.press('Escape')

  const { schedule } = await apiOf(ann.page)
  const groupId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? ''
  const startsAt = new Date(Date.now() + 3 * 60_000).toISOString().slice(0, 16)
  const terms = { title: 'Планёрка', startsAt, timeZone: 'UTC', durationMin: 30 }
  await schedule.scheduleCall({ commandId: newId(), groupId, terms })
  for (const { page } of [ann, bob]) await page.getByText(/^Begins at/).waitFor()
  await shoot(ann.page, 'reminder-dark')
  await shoot(bob.page, 'reminder-light')
  await bob.page.getByRole('button', { name: 'Join' }).last().click()
  await bob.page.getByRole('dialog', { name }).getByRole('button', { name: 'Start call' }).waitFor()
})

import { newId } from '@beseda/kernel'
import { GroupSettingsSchema, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MemberBannedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import type { ExportEntry } from '../../application/ports.js'
import { toHtml } from './export-html.js'
import { exportWords } from './export-words.js'

const AT = Date.UTC(2026, 10, 28, 23, 5)
const [BOB, GONE] = [newId(), newId()]
const NAMES = new Map([
  ['ann', 'Ann <b>'],
  [BOB, 'Bob'],
])
const page = (entries: readonly ExportEntry[], locale = 'en', timeZone = 'UTC') =>
  toHtml('Chess', { entries, next: 0 }, true, { words: exportWords(locale), timeZone, nameOf: (id) => NAMES.get(id) })
const event = (body: Event['body'], actorId = 'ann'): ExportEntry => ({
  seq: 1,
  at: AT,
  event: create(EventSchema, { actorId, body }),
})
const ban = (userId: string): ExportEntry =>
  event({
    case: 'memberBanned',
    value: create(MemberBannedSchema, {
      userId,
      reason: 'a {name} & more',
      expiresAt: timestampFromMs(AT + 3_600_000),
    }),
  })
const settings = (slowModeS: number): ExportEntry =>
  event({
    case: 'groupUpdated',
    value: create(GroupUpdatedSchema, { settings: create(GroupSettingsSchema, { slowModeS }) }),
  })
const message = (text: string, authorId = 'ann'): ExportEntry => ({
  seq: 2,
  at: AT,
  message: create(MessageSchema, { id: 'm', authorId, text }),
})
const textOf = (html: string) => html.replace(/<style>.*<\/style>/s, '').replace(/<[^>]*>/g, '')

test('a poll is its question and its options', () => {
  const asked = create(MessageSchema, { id: 'm', authorId: 'ann', text: 'Tea?', poll: { options: ['<yes>', 'no'] } })
  const html = page([{ seq: 2, at: AT, message: asked }], 'ru')
  expect(html).toContain('Опрос: Tea?')
  expect(textOf(html)).toContain('Опрос: Tea?- &#60;yes&#62;- no')
})

test('what happened is told in whole sentences, in the language and the time zone of the reader', () => {
  expect(textOf(page([ban(BOB)], 'en-GB', 'America/New_York')).replace(/\u202f/g, ' ')).toContain(
    'Nov 28, 2026, 6:05 PM Ann &#60;b&#62; banned Bob until Nov 28, 2026, 7:05 PM; reason: a {name} &#38; more',
  )
  expect(textOf(page([ban(BOB)], 'ru', 'Europe/Moscow'))).toMatch(
    /29 нояб\. 2026 г\., 02:05 Ann &#60;b&#62; забанил\(а\) до 29 нояб\. 2026 г\., 03:05: Bob; причина: /,
  )
  expect(page([], 'ru-RU', 'Europe/Moscow')).toContain('<html lang="ru">')
  expect(textOf(page([], 'ru', 'Europe/Moscow'))).toContain('Часовой пояс: Europe/Moscow')
})

test('a change of the rules names those that were changed, where those before are on the page', () => {
  const [first = '', second = ''] = page([settings(0), settings(30)])
    .split('<p data-event')
    .slice(1)
    .map(textOf)
  expect(first).toContain('changed the settings')
  expect(second).toContain('changed: Slow mode')
})

test('nobody reads an id: neither of a deleted account nor of those who are mentioned', () => {
  const html = page([ban(GONE), message(`<@${GONE}> <@${BOB}> <@all>`, GONE)])
  expect(html).not.toContain(GONE)
  expect(textOf(html)).toContain('@Deleted account @Bob @all')
  expect(textOf(page([message('<@all>')], 'ru'))).toContain('@все')
})

test('a language without words of its own gets English', () => {
  expect(['de', '', 'rubbish', 'run'].map((locale) => exportWords(locale).locale)).toEqual(['en', 'en', 'en', 'en'])
})

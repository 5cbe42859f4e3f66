import type { MessageNote } from '@beseda/rules'
import { describe, expect, test } from 'vitest'
import {
  callShown,
  messageShown,
  missedShown,
  readNote,
  reminderShown,
  type Shown,
  testShown,
  withEdited,
  withoutMessage,
} from './notes.js'

const note: MessageNote = {
  kind: 'message',
  groupId: 'g',
  messageId: 'm',
  direct: false,
  groupName: 'Chess',
  author: 'Anna',
  text: 'hello',
  attachment: '',
  sentAt: 5,
  locale: 'en',
}
const bodyOf = (change: Partial<MessageNote>, before?: { count: number }) =>
  messageShown({ ...note, ...change }, before).options.body

test('a message shows its group, its author and its text, and links to the message', () => {
  const { title, options } = messageShown(note, undefined)
  expect(title).toBe('Chess')
  expect(options).toMatchObject({
    body: 'Anna: hello',
    tag: 'group-g',
    lang: 'en',
    data: {
      path: '/c/g?m=m',
      count: 1,
      said: [{ messageId: 'm', line: 'Anna: hello', author: 'Anna', wordless: 'New message' }],
    },
  })
})

test('the title of a direct chat is the person', () => {
  const { title, options } = messageShown({ ...note, direct: true, groupName: '' }, undefined)
  expect([title, options.body]).toEqual(['Anna', 'hello'])
})

test('hidden content shows the group only', () => {
  expect(bodyOf({ author: '', text: '' })).toBe('New message')
})

test.each([
  ['picture', 'Anna: Picture', 'Anna: Фото'],
  ['voice', 'Anna: Voice message', 'Anna: Голосовое сообщение'],
  ['file', 'Anna: File', 'Anna: Файл'],
] as const)('a %s is described by a word', (attachment, en, ru) => {
  expect(bodyOf({ text: '', attachment })).toBe(en)
  expect(bodyOf({ text: '', attachment, locale: 'ru-RU' })).toBe(ru)
})

test('a poll is said to be one', () => {
  expect(bodyOf({ text: 'Tea?', attachment: 'poll' })).toBe('Anna: Poll: Tea?')
  expect(bodyOf({ text: 'Чай?', attachment: 'poll', locale: 'ru' })).toBe('Anna: Опрос: Чай?')
})

test.each([
  [1, '2 new messages', '2 новых сообщения'],
  [4, '5 new messages', '5 новых сообщений'],
  [20, '21 new messages', '21 новое сообщение'],
])('after %s others it covers one more', (count, en, ru) => {
  expect(bodyOf({}, { count })).toBe(`Anna: hello\n${en}`)
  expect(bodyOf({ locale: 'ru' }, { count })).toBe(`Anna: hello\n${ru}`)
})

/** A notification that is on the screen. */
const onScreen = ({ title, options }: Shown) => ({ title, ...options })
/** A notification that covers messages with these texts, in this order. */
const standingFor = (...texts: string[]) =>
  texts.reduce<Shown | undefined>(
    (before, text) => messageShown({ ...note, messageId: text, text }, before?.options.data),
    undefined,
  ) as Shown

test('the same message by push and from an open page is counted once', () => {
  const twice = messageShown({ ...note, messageId: 'two', text: 'two' }, standingFor('one', 'two').options.data)
  expect(twice.options).toMatchObject({ body: 'Anna: two\n2 new messages', renotify: false, data: { count: 2 } })
})

describe('a deleted message is removed from its notification', () => {
  test('the previous message is shown instead, without a sound', () => {
    const left = withoutMessage(onScreen(standingFor('one', 'two')), 'two')
    expect(left).toMatchObject({
      title: 'Chess',
      options: { body: 'Anna: one', silent: true, renotify: false, data: { path: '/c/g?m=one', count: 1 } },
    })
  })

  test('a message that is only counted is subtracted from the count', () => {
    const left = withoutMessage(onScreen(standingFor('one', 'two', 'three')), 'one') as Shown
    expect(left.options.body).toBe('Anna: three\n2 new messages')
    expect(JSON.stringify(left)).not.toContain('one')
  })

  test('the notification is closed with its last message', () =>
    expect(withoutMessage(onScreen(standingFor('one')), 'one')).toBe('nothing'))

  test('a notification that does not cover the message stays', () =>
    expect(withoutMessage(onScreen(standingFor('one')), 'two')).toBeUndefined())

  test('of many messages only the newest texts are kept, and after those the count is shown', () => {
    const words = Array.from({ length: 20 }, (_, i) => `word ${i}`)
    let shown = standingFor(...words)
    for (const word of words.slice(-8).toReversed()) shown = withoutMessage(onScreen(shown), word) as Shown
    expect(shown.options.body).toBe('New message\n12 new messages')
    expect(shown.options.data.path).toBe('/c/g')
  })

  test('a notification of an earlier version, which has no message ids, stays', () =>
    expect(
      withoutMessage({ title: 'x', lang: 'en', data: { path: '/', groupId: 'g', count: 2 } }, 'm'),
    ).toBeUndefined())
})

describe('an edited message', () => {
  test('shows its new text, without a sound, and is still counted once', () => {
    expect(withEdited(onScreen(standingFor('one', 'two')), 'two', 'put right')).toMatchObject({
      title: 'Chess',
      options: { body: 'Anna: put right\n2 new messages', silent: true, renotify: false, data: { count: 2 } },
    })
  })

  test('is shown with its new text when the message after it is deleted', () => {
    const edited = withEdited(onScreen(standingFor('one', 'two')), 'one', 'put right') as Shown
    expect(edited.options.body).toBe('Anna: two\n2 new messages')
    expect(withoutMessage(onScreen(edited), 'two')).toMatchObject({ options: { body: 'Anna: put right' } })
  })

  test('shows its attachment when it has no text', () => {
    const shown = onScreen(messageShown({ ...note, attachment: 'picture' }, undefined))
    expect(withEdited(shown, 'm', '')?.options.body).toBe('Anna: Picture')
  })

  test('changes nothing where it is not shown, or has that text already', () => {
    expect(withEdited(onScreen(standingFor('one')), 'two', 'put right')).toBeUndefined()
    expect(withEdited(onScreen(standingFor('one')), 'one', 'one')).toBeUndefined()
  })
})

test('a call rings with two answers until it is over, and may become a missed call', () => {
  const call = { callId: 'c', groupId: 'g', direct: true, groupName: '', caller: 'Anna', locale: 'ru' }
  const ringing = callShown({ ...call, kind: 'call', video: true, until: 100 }, 50)
  expect(ringing).toMatchObject({
    title: 'Anna',
    options: { body: 'Входящий видеозвонок', tag: 'call-c', requireInteraction: true, data: { callId: 'c' } },
  })
  expect(ringing?.options.actions?.map(({ title }) => title)).toEqual(['Ответить', 'Отклонить'])
  expect(callShown({ ...call, kind: 'call', video: true, until: 50 }, 50)).toBeUndefined()
  const missed = missedShown(
    { ...call, kind: 'call-over', missed: true, direct: false, groupName: 'Chess', locale: 'en' },
    60,
  )
  expect(missed).toMatchObject({ title: 'Anna · Chess', options: { body: 'Missed call', tag: 'call-c' } })
})

test('a scheduled call says when it begins, hides its title where it is not told, and is not shown when it is under way', () => {
  const startsAt = new Date(2027, 0, 4, 9, 5).getTime()
  const call = { groupId: 'g', direct: false, groupName: 'Chess', scheduleId: 's', startsAt }
  const shown = reminderShown({ ...call, kind: 'reminder', title: 'Training', locale: 'ru' }, startsAt - 600_000)
  expect(shown).toMatchObject({
    title: 'Training · Chess',
    options: { body: 'Начало в 9:05', tag: `reminder-s-${startsAt}`, data: { path: '/g/g/call/s', count: 0 } },
  })
  const hidden = { ...call, kind: 'reminder', title: '', locale: 'en' } as const
  expect(reminderShown(hidden, startsAt)?.title).toBe('Scheduled call · Chess')
  expect(reminderShown(hidden, startsAt + 300_000)).toBeUndefined()
  expect(readNote(JSON.stringify(hidden))).toEqual(hidden)
})

test('a test notification says that it works, in the language of the device', () => {
  expect(testShown('ru', 1).options.body).toMatch(/работают/)
})

test.each(['', '{}', '[1', '{"kind":"later"}', 'null'])('"%s" is no note', (text) =>
  expect(readNote(text)).toBeUndefined(),
)

import { LetterKind, SignInChange } from '@beseda/proto/mail/v1/letter'
import { expect, test } from 'vitest'
import { letterText, type Recipient } from './letter-text.js'

const ANN: Recipient = {
  ...{ address: 'a@b.org', displayName: 'Ann', username: 'ann', locale: 'en', timeZone: 'Europe/Berlin' },
  ...{ code: 'c0de', deviceName: '' },
}
const MISSED = { mentions: 2, messages: 1, conversations: 2, named: [], unsubscribeCode: 'ann-c0de' }
const REMINDER = { title: '', startsAt: Date.parse('2026-07-01T10:10:00Z'), unsubscribeCode: 'ann-c0de' }
const INVITATION = { ...REMINDER, calendar: { method: 'REQUEST', text: 'BEGIN:VCALENDAR' } } as const
const SITE = 'https://chat.example.org'
const AT = Date.parse('2026-07-01T10:00:00Z')
const write = (kind: LetterKind, to: Partial<Recipient> = {}) =>
  letterText({ kind, change: SignInChange.PASSWORD }, { ...ANN, ...to }, AT, SITE)

test.each([
  [LetterKind.CONFIRM_EMAIL, `${SITE}/confirm-email#c0de`],
  [LetterKind.RESET_PASSWORD, `${SITE}/reset#c0de`],
  [LetterKind.NEW_DEVICE, `${SITE}/`],
  [LetterKind.ADDRESS_LEFT, `${SITE}/`],
  [LetterKind.SIGN_IN_CHANGED, `${SITE}/`],
  [LetterKind.MISSED, `${SITE}/`],
  [LetterKind.DIGEST, `${SITE}/`],
  [LetterKind.INVITATION, `${SITE}/register#invite=c0de`],
  [LetterKind.CALL_REMINDER, `${SITE}/g/c0de`],
  [LetterKind.CALL_INVITATION, `${SITE}/g/c0de`],
  [LetterKind.CALL_CANCELLATION, `${SITE}/`],
])('a letter of kind %d says in both languages, in text and HTML, to whom, where and the link', (kind, link) => {
  const code = link.endsWith('/') ? '' : 'c0de'
  for (const locale of ['en', 'ru', 'ru-RU']) {
    const isInvitation = kind === LetterKind.INVITATION
    const isAboutMissed = kind === LetterKind.MISSED || kind === LetterKind.DIGEST
    const isReminder = kind === LetterKind.CALL_REMINDER
    const isCall = kind === LetterKind.CALL_INVITATION || kind === LetterKind.CALL_CANCELLATION
    const about = {
      ...(isCall ? { invitation: INVITATION } : {}),
      ...(isAboutMissed ? { missed: MISSED } : {}),
      ...(isReminder ? { reminder: REMINDER } : {}),
    }
    const letter = write(kind, { locale, code, ...about })
    expect(letter?.unsubscribe !== undefined).toBe(isAboutMissed || isReminder || isCall)
    for (const body of [letter?.text, letter?.html]) {
      for (const part of [
        ...(isAboutMissed || isInvitation || isReminder || isCall ? [] : ['ann']),
        'chat.example.org',
        link,
      ])
        expect(body).toContain(part)
      // What anybody can choose to be called does not go to an address that nobody has confirmed.
      expect(body?.includes('Ann')).toBe(kind !== LetterKind.CONFIRM_EMAIL && !isInvitation)
      expect(body?.replace(/style="[^"]*"/g, '')).not.toMatch(/[{}]/)
    }
    expect(/[а-я]/.test(letter?.subject ?? '')).toBe(locale !== 'en')
  }
})

test('what a person is called is text, whatever it is, and nothing is loaded when the letter is read', () => {
  const displayName = `<img src=x>{username}&"'`
  const { html = '', text = '' } = write(LetterKind.RESET_PASSWORD, { displayName }) ?? {}
  expect(text).toContain(displayName)
  expect(html).toContain('&lt;img src=x&gt;{username}&amp;&quot;&#39;')
  expect(html).not.toMatch(/<(img|link|script|iframe)|url\(|@import/)
})

test('a reminder says when the call begins, in the zone of the person, and its title only where letters name things', () => {
  const to = (title: string, locale: string) => ({ locale, reminder: { ...REMINDER, title } })
  const text = (title: string, locale = 'en') => write(LetterKind.CALL_REMINDER, to(title, locale))?.text ?? ''
  expect(text('')).toContain('a scheduled call begins soon: July 1, 2026 at 12:10 GMT+2.')
  expect(text('Planning')).toContain('the call “Planning” begins soon')
  expect(text('Планёрка', 'ru')).toContain('скоро начнётся звонок «Планёрка»: 1 июля 2026 г. в 12:10 GMT+2.')
  expect(text('Planning\r\nBcc: eve@example.org http://evil.example')).toContain(
    '“Planning Bcc eve example org http evil example”',
  )
  const { subject } = write(LetterKind.CALL_REMINDER, to('Planning\r\nBcc: eve@example.org', 'en')) ?? {}
  expect(subject).toBe('A call begins soon at chat.example.org')
  expect(write(LetterKind.CALL_REMINDER)).toBeUndefined()
  expect(write(LetterKind.MISSED, { missed: MISSED, reminder: REMINDER })).toBeUndefined()
})

test('an invitation says the call and its first time, and has a part for calendars; without one there is no letter', () => {
  const invitation = { ...INVITATION, title: 'Планёрка' }
  const letter = write(LetterKind.CALL_INVITATION, { invitation })
  expect(letter?.text).toContain(
    'you are invited at chat.example.org to the call “Планёрка”, from July 1, 2026 at 12:10 GMT+2.',
  )
  expect(letter?.calendar).toEqual(INVITATION.calendar)
  expect(write(LetterKind.CALL_REMINDER, { reminder: REMINDER })?.calendar).toBeUndefined()
  const ended = { locale: 'ru', code: '', invitation: INVITATION }
  expect(write(LetterKind.CALL_CANCELLATION, ended)?.text).toContain(
    'Назначенный звонок на chat.example.org (начало: 1 июля 2026 г. в 12:10 GMT+2) отменён, или вы больше не состоите',
  )
  expect([write(LetterKind.CALL_INVITATION), write(LetterKind.CALL_CANCELLATION, { reminder: REMINDER })]).toEqual([
    undefined,
    undefined,
  ])
})

test('a sign-in is told with its device and its time, in the zone of the person', () => {
  const to = { deviceName: 'Firefox on Linux', code: '' }
  expect(write(LetterKind.NEW_DEVICE, to)?.text).toMatch(/Firefox on Linux, July 1, 2026 at 12:00 GMT\+2/)
  expect(write(LetterKind.NEW_DEVICE, { ...to, locale: 'ru' })?.text).toMatch(
    /Firefox on Linux, 1 июля 2026 г. в 12:00 GMT\+2/,
  )
  for (const timeZone of ['', 'Nowhere/At-all']) {
    expect(write(LetterKind.NEW_DEVICE, { ...to, timeZone })?.text).toContain('at 10:00 UTC')
  }
})

test('a device that calls itself by several lines says no more than one, without marks that nobody sees', () => {
  const deviceName = 'Phone\r\n\nConfirm here:\u2028https://evil.example\u202e\u0000 now'
  const { text = '' } = write(LetterKind.NEW_DEVICE, { deviceName, code: '' }) ?? {}
  expect(text).toContain('Phone Confirm here: https://evil.example now, July 1')
})

test('each change of the sign-in has a sentence of its own in both languages', () => {
  const changes = Object.values(SignInChange).filter((one): one is SignInChange => typeof one === 'number' && one > 0)
  const texts = ['en', 'ru'].flatMap((locale) =>
    changes.map((change) => {
      const letter = letterText({ kind: LetterKind.SIGN_IN_CHANGED, change }, { ...ANN, locale, code: '' }, AT, SITE)
      return letter?.text ?? ''
    }),
  )
  expect(new Set(texts).size).toBe(2 * changes.length)
  expect(texts).not.toContain('')
})

test('an unknown kind or change has no text', () => {
  expect(write(99 as LetterKind)).toBeUndefined()
  const unknown = { kind: LetterKind.SIGN_IN_CHANGED, change: 99 as SignInChange }
  expect(letterText(unknown, ANN, AT, SITE)).toBeUndefined()
})

test('a letter about what was missed says where it is ended, in the text and for programs', () => {
  const { text, html, unsubscribe } = write(LetterKind.MISSED, { code: '', missed: MISSED }) ?? {}
  for (const body of [text, html]) expect(body).toContain(`${SITE}/unsubscribe#ann-c0de`)
  expect(unsubscribe?.oneClick).toBe(`${SITE}/unsubscribe/ann-c0de`)
  expect(write(LetterKind.MISSED, { code: '' })).toBeUndefined()
})

test('names of conversations are a line each, and no link, whatever they hold', () => {
  const names = ['<b>Chess</b>\r\n\nhttps://evil.example/login\u202e', 'x'.repeat(500), '\u200b']
  const named = names.map((name) => ({ name, messages: 1, mentions: 1 }))
  const { text = '', html = '' } = write(LetterKind.DIGEST, { code: '', missed: { ...MISSED, named } }) ?? {}
  expect(text).toContain('- b Chess b https evil example login: 1 message and 1 mention\n')
  expect(text).toContain(`- ${'x'.repeat(48)}: 1 message and 1 mention\n- ?: 1 message`)
  expect(html).toContain('<li>b Chess b https evil example login: 1 message')
})

test('an invitation says who invites and to what, and nothing that they could choose beside', () => {
  const inviter = 'Eve.\r\n\nWin: https://evil.example/now <b>@x\u202e'
  const to = { inviter, groupName: 'evil.example/Chess!' }
  const { subject, text = '', html = '' } = write(LetterKind.INVITATION, to) ?? {}
  expect(subject).toBe('An invitation to chat.example.org')
  expect(text).toContain('\n\nEve Win https evil example now b x invites you to the group “evil example Chess” at chat')
  expect(text).toContain(`\n\n${SITE}/invite/c0de\n`)
  for (const body of [text, html]) expect(body).not.toMatch(/evil\.example|Name|Ann/)
  const long = write(LetterKind.INVITATION, { inviter: 'x'.repeat(500), groupName: '🎉', locale: 'ru' })?.text
  expect(long).toContain(`${'x'.repeat(48)} приглашает вас в группу «?» на chat.example.org`)
  expect(write(LetterKind.INVITATION, { inviter: 'Bob', locale: 'ru' })?.text).toContain(
    'Bob приглашает вас в чат на chat',
  )
})

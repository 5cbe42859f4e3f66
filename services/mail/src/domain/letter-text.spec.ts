import { LetterKind } from '@beseda/proto/mail/v1/letter'
import { expect, test } from 'vitest'
import { letterText } from './letter-text.js'

const ANN = { address: 'a@b.org', displayName: 'Ann', username: 'ann', locale: 'en', code: 'c0de' }
const SITE = 'https://chat.example.org'
const KINDS = [LetterKind.CONFIRM_EMAIL, LetterKind.RESET_PASSWORD]

test.each(KINDS)(
  'a letter of kind %d says in both languages, in text and HTML, to whom, where and the link',
  (kind) => {
    for (const locale of ['en', 'ru', 'ru-RU']) {
      const letter = letterText(kind, { ...ANN, locale }, SITE)
      const path = kind === LetterKind.CONFIRM_EMAIL ? 'confirm-email' : 'reset'
      for (const body of [letter?.text, letter?.html]) {
        for (const part of ['Ann', 'ann', 'chat.example.org', `${SITE}/${path}/c0de`]) expect(body).toContain(part)
        expect(body).not.toMatch(/[{}]/)
      }
      expect(/[а-я]/.test(letter?.subject ?? '')).toBe(locale !== 'en')
    }
  },
)

test('what a person is called is text, whatever it is, and nothing is loaded when the letter is read', () => {
  const displayName = `<img src=x>{username}&"'`
  const { html = '', text = '' } = letterText(LetterKind.RESET_PASSWORD, { ...ANN, displayName }, SITE) ?? {}
  expect(text).toContain(displayName)
  expect(html).toContain('&lt;img src=x&gt;{username}&amp;&quot;&#39;')
  expect(html).not.toMatch(/<(img|link|script|iframe)|url\(|@import/)
})

test('an unknown kind has no text', () => expect(letterText(99 as LetterKind, ANN, SITE)).toBeUndefined())

import { expect, test } from 'vitest'
import { adminWords, allWords, i18n, seldomWords, setLocale } from './index.js'

const { t, locale } = i18n

test('whoever wants texts that are on their way gets them, not their keys', async () => {
  await setLocale('en')
  const first = seldomWords()
  await seldomWords()
  expect(t('invites.link')).toBe('Invite link')
  await first
})

test('texts that are wanted while the language changes are of the new language, and none is lost', async () => {
  await Promise.all([setLocale('ru'), allWords(), adminWords()])
  expect(locale.value).toBe('ru')
  for (const key of ['invites.link', 'chat.reply', 'admin.nothing']) expect(t(key)).toMatch(/[а-я]/)
  await Promise.all([setLocale('en'), setLocale('ru')])
  expect([locale.value, document.documentElement.lang]).toEqual(['ru', 'ru'])
  await setLocale('en')
})

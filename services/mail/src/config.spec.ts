import { expect, test } from 'vitest'
import { readMailConfig } from './config.js'

const SMTP_URL = 'smtps://chat:secret@mail.example.org:465'
const PUBLIC_URL = 'https://chat.example.org/'

test('a server and the address of the installation are enough', () => {
  expect(readMailConfig({ SMTP_URL, PUBLIC_URL })).toMatchObject({
    smtpUrl: SMTP_URL,
    from: { name: 'Beseda', address: 'beseda@chat.example.org' },
    replyTo: undefined,
    publicUrl: 'https://chat.example.org',
  })
})

test.each([
  ['team@example.org', 'Beseda', 'team@example.org'],
  ['The team <team@example.org>', 'The team', 'team@example.org'],
  [' Команда <team@example.org> ', 'Команда', 'team@example.org'],
  ['<team@example.org>', 'Beseda', 'team@example.org'],
])('letters come from %s', (MAIL_FROM, name, address) => {
  expect(readMailConfig({ SMTP_URL, PUBLIC_URL, MAIL_FROM }).from).toEqual({ name, address })
})

test.each<[Record<string, string>, string]>([
  [{ PUBLIC_URL }, 'SMTP_URL is not set'],
  [{ SMTP_URL }, 'PUBLIC_URL is not set'],
  [{ SMTP_URL: 'mail.example.org:25', PUBLIC_URL }, 'SMTP_URL must be'],
  [{ SMTP_URL: 'http://mail.example.org', PUBLIC_URL }, 'SMTP_URL must be'],
  [{ SMTP_URL, PUBLIC_URL: 'http://localhost:8080' }, 'MAIL_FROM is not set'],
  [{ SMTP_URL, PUBLIC_URL, MAIL_FROM: 'a@b.org, c@d.org' }, 'MAIL_FROM must be'],
  [{ SMTP_URL, PUBLIC_URL, MAIL_FROM: 'A\r\nBcc: c@d.org <a@b.org>' }, 'MAIL_FROM must be'],
  [{ SMTP_URL, PUBLIC_URL, MAIL_REPLY_TO: 'nobody' }, 'MAIL_REPLY_TO must be'],
])('%j is refused: %s', (env, sentence) => expect(() => readMailConfig(env)).toThrow(sentence))

test('the password in an address that is refused is not repeated', () => {
  expect(() => readMailConfig({ SMTP_URL: 'http://chat:secret@mail.example.org', PUBLIC_URL })).toThrow(
    /^(?!.*secret).*$/s,
  )
})

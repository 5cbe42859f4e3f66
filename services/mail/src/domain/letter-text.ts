import { LetterKind } from '@beseda/proto/mail/v1/letter'
import { wordsOf } from './words.js'

/** Whom a letter is for, and the code of its link. */
export interface Recipient {
  readonly address: string
  readonly displayName: string
  readonly username: string
  readonly locale: string
  readonly code: string
}

export interface LetterText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Where the link leads: pages of the client, on which a person presses a button. Programs that open every link of a mail use up nothing. */
const PATHS: Readonly<Partial<Record<LetterKind, string>>> = {
  [LetterKind.CONFIRM_EMAIL]: '/confirm-email/',
  [LetterKind.RESET_PASSWORD]: '/reset/',
}

/**
 * The letter in the person's language: plain text, and the same as HTML without pictures, styles from outside or anything that tells that it
 * was read.
 */
export function letterText(kind: LetterKind, recipient: Recipient, publicUrl: string): LetterText | undefined {
  const [words, path] = [wordsOf(recipient.locale, kind), PATHS[kind]]
  if (!words || path === undefined) return undefined
  const link = `${publicUrl}${path}${recipient.code}`
  const values = { name: recipient.displayName, username: recipient.username, site: new URL(publicUrl).host }
  const [greeting, text, end] = [words.greeting, words.text, words.end].map((words) => fill(words, values))
  return {
    subject: words.subject,
    text: `${greeting}\n\n${text}\n\n${link}\n\n${end}\n`,
    html: htmlOf(recipient.locale, [greeting ?? '', text ?? ''], link, words.button, end ?? ''),
  }
}

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')

const htmlOf = (locale: string, before: readonly string[], link: string, button: string, end: string): string => `\
<!doctype html>
<html lang="${/^ru\b/i.test(locale) ? 'ru' : 'en'}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
<body style="font:16px/1.5 sans-serif;max-width:34em;margin:2em auto;padding:0 1em">
${before.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
<p><a href="${escapeHtml(link)}" style="display:inline-block;padding:.6em 1.2em;border-radius:.5em;background:#3b5bdb;color:#fff;text-decoration:none">${escapeHtml(button)}</a></p>
<p style="word-break:break-all"><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></p>
<p>${escapeHtml(end)}</p>
</body></html>
`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

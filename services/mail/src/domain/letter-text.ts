import { type Letter, LetterKind } from '@beseda/proto/mail/v1/letter'
import { changeText, isRussian, type KnownKind, wordsOf } from './words.js'

/** Whom a letter is for, and what it is about. */
export interface Recipient {
  readonly address: string
  readonly displayName: string
  readonly username: string
  readonly locale: string
  /** IANA name; empty: not known. */
  readonly timeZone: string
  /** Of the link; empty: it has none. */
  readonly code: string
  readonly deviceName: string
}

export interface LetterText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * Where the link leads: pages of the client, on which a person presses a button, so that programs that open every link of a mail use up nothing.
 * A code stands behind `#`, which no browser sends to a server: no proxy logs it.
 */
const PATHS: Readonly<Record<KnownKind, string>> = {
  [LetterKind.CONFIRM_EMAIL]: '/confirm-email#',
  [LetterKind.RESET_PASSWORD]: '/reset#',
  [LetterKind.NEW_DEVICE]: '/',
  [LetterKind.ADDRESS_LEFT]: '/',
  [LetterKind.SIGN_IN_CHANGED]: '/',
}

/**
 * The letter in the person's language: plain text, and the same as HTML without pictures, styles from outside or anything that tells that it
 * was read. `at`: when it was written, Unix ms. Undefined: a kind or a change that is not known here.
 */
export function letterText(
  { kind, change }: Pick<Letter, 'kind' | 'change'>,
  to: Recipient,
  at: number,
  publicUrl: string,
): LetterText | undefined {
  const words = wordsOf(to.locale, kind)
  const changed = kind === LetterKind.SIGN_IN_CHANGED ? changeText(to.locale, change) : ''
  if (!words || changed === undefined) return undefined
  const link = `${publicUrl}${PATHS[kind as KnownKind]}${to.code}`
  const { displayName: name, username, deviceName: device, locale, timeZone } = to
  const site = new URL(publicUrl).host
  const values = {
    name,
    username,
    device: oneLine(device) || '?',
    change: changed,
    site,
    time: timeText(at, locale, timeZone),
  }
  const say = (text: string) => fill(text, values)
  const [greeting, text, end] = [say(words.greeting), say(words.text), say(words.end)]
  return {
    subject: words.subject,
    text: `${greeting}\n\n${text}\n\n${link}\n\n${end}\n`,
    html: htmlOf(locale, [greeting, text], link, say(words.button), end),
  }
}

/** With the zone, since a letter is read anywhere. A zone that this process does not know is none. */
function timeText(at: number, locale: string, timeZone: string): string {
  const format = (zone: string) =>
    new Intl.DateTimeFormat(isRussian(locale) ? 'ru' : 'en', {
      ...{ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
      ...{ timeZone: zone, timeZoneName: 'short' },
    }).format(at)
  try {
    return format(timeZone || 'UTC')
  } catch (error) {
    if (error instanceof RangeError) return format('UTC')
    throw error
  }
}

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')

/** What the device of a thief calls itself begins no paragraph of the letter, and turns no text around. */
const oneLine = (text: string): string =>
  text
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()

const htmlOf = (locale: string, before: readonly string[], link: string, button: string, end: string): string => `\
<!doctype html>
<html lang="${isRussian(locale) ? 'ru' : 'en'}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
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

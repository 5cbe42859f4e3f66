import { type Letter, LetterKind } from '@beseda/proto/mail/v1/letter'
import type { CalendarPart } from './invitation.js'
import { countsText, type MissedMessages, namedLines } from './missed-text.js'
import { nameOnly, oneLine } from './one-line.js'
import { changeText, isRussian, type KnownKind, wordsOf } from './words.js'

/** A scheduled call. `title` empty: the installation does not say it. `startsAt`: Unix ms. */
interface CallInLetter {
  readonly title: string
  readonly startsAt: number
  readonly unsubscribeCode: string
}

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
  /** Of an invitation: who invites, and to which group; empty: to the installation. */
  readonly inviter?: string
  readonly groupName?: string
  /** What they have missed, of letters that are about this. */
  readonly missed?: MissedMessages
  /** Of which call they are reminded, of letters that are about this. */
  readonly reminder?: CallInLetter
  /** To which call they are invited, of letters that are about this. */
  readonly invitation?: CallInLetter & { readonly calendar: CalendarPart }
}

export interface LetterText {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Where letters of this kind are ended; undefined: they are not, because they tell of a danger. */
  readonly unsubscribe?: { readonly page: string; readonly oneClick: string }
  /** What calendars read of it. */
  readonly calendar?: CalendarPart
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
  [LetterKind.MISSED]: '/',
  [LetterKind.DIGEST]: '/',
  [LetterKind.INVITATION]: '/register#invite=',
  [LetterKind.CALL_REMINDER]: '/g/',
  [LetterKind.CALL_INVITATION]: '/g/',
  [LetterKind.CALL_CANCELLATION]: '/',
}
/** Where the page of an invite to a group is. */
const GROUP_INVITE = '/invite/'

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
  const isAboutMissed = kind === LetterKind.MISSED || kind === LetterKind.DIGEST
  const isReminder = kind === LetterKind.CALL_REMINDER
  if (!words || changed === undefined || isAboutMissed !== (to.missed !== undefined)) return undefined
  const isInvitation = kind === LetterKind.CALL_INVITATION || kind === LetterKind.CALL_CANCELLATION
  if (isReminder !== (to.reminder !== undefined) || isInvitation !== (to.invitation !== undefined)) return undefined
  const about = to.reminder ?? to.invitation
  const toGroup = kind === LetterKind.INVITATION && to.groupName !== undefined && to.groupName !== ''
  const link = `${publicUrl}${toGroup ? GROUP_INVITE : PATHS[kind as KnownKind]}${to.code}`
  const { displayName: name, username, deviceName: device, locale, timeZone } = to
  const site = new URL(publicUrl).host
  const call = callText(about?.title ?? '', isRussian(locale))
  const values = {
    name,
    username,
    device: oneLine(device) || '?',
    change: changed,
    site,
    time: timeText(at, locale, timeZone),
    inviter: nameOnly(to.inviter ?? ''),
    where: placeText(toGroup ? nameOnly(to.groupName ?? '') : '', site, isRussian(locale)),
    call,
    Call: call.charAt(0).toUpperCase() + call.slice(1),
    start: timeText(about?.startsAt ?? at, locale, timeZone),
    counts: to.missed ? countsText(to.missed, kind === LetterKind.DIGEST, isRussian(locale)) : '',
  }
  const say = (text: string) => fill(text, values)
  const [greeting, text, end] = [say(words.greeting), say(words.text), say(words.end)]
  const lines = to.missed ? namedLines(to.missed, isRussian(locale)) : []
  const ending = to.missed ?? about
  const unsubscribe = ending && unsubscribeOf(publicUrl, ending.unsubscribeCode)
  const list = lines.length === 0 ? '' : `\n\n${lines.map((line) => `- ${line}`).join('\n')}`
  return {
    subject: say(words.subject),
    text: `${greeting}\n\n${text}${list}\n\n${link}\n\n${end}${unsubscribe ? ` ${unsubscribe.page}` : ''}\n`,
    html: htmlOf(locale, [greeting, text], lines, link, say(words.button), end, unsubscribe?.page),
    ...(unsubscribe ? { unsubscribe } : {}),
    ...(to.invitation ? { calendar: to.invitation.calendar } : {}),
  }
}

/** The page asks with a button; the programs of mail services send a request by themselves (RFC 8058), and need the code in the path. */
const unsubscribeOf = (publicUrl: string, code: string) => ({
  page: `${publicUrl}/unsubscribe#${code}`,
  oneClick: `${publicUrl}/unsubscribe/${code}`,
})

/** A call in the middle of a sentence; `title` empty: it is not said. */
function callText(title: string, russian: boolean): string {
  if (title === '') return russian ? 'назначенный звонок' : 'a scheduled call'
  return russian ? `звонок «${nameOnly(title)}»` : `the call “${nameOnly(title)}”`
}

/** What somebody is invited to; `group` empty: to the installation. */
function placeText(group: string, site: string, russian: boolean): string {
  if (group === '') return russian ? `чат на ${site}` : site
  return russian ? `группу «${group}» на ${site}` : `the group “${group}” at ${site}`
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

/** Escaped, as everything that somebody can choose. */
const listOf = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>\n`

const htmlOf = (
  locale: string,
  before: readonly string[],
  lines: readonly string[],
  link: string,
  button: string,
  end: string,
  unsubscribe = '',
): string => `\
<!doctype html>
<html lang="${isRussian(locale) ? 'ru' : 'en'}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
<body style="font:16px/1.5 sans-serif;max-width:34em;margin:2em auto;padding:0 1em">
${before.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
${listOf(lines)}<p><a href="${escapeHtml(link)}" style="display:inline-block;padding:.6em 1.2em;border-radius:.5em;background:#3b5bdb;color:#fff;text-decoration:none">${escapeHtml(button)}</a></p>
<p style="word-break:break-all"><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></p>
<p>${escapeHtml(end)}${unsubscribe && ` <a href="${escapeHtml(unsubscribe)}">${escapeHtml(unsubscribe)}</a>`}</p>
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

import { personOf, pollText } from '@beseda/rules'
import { type AuditWords, auditSentences, settingsBefore } from '@beseda/rules/audit'
import type { ExportEntry, ExportPart } from '../../application/ports.js'
import type { ExportWords } from './export-words.js'
import { escaped, messageHtml } from './message-html.js'

interface ExportReader {
  readonly words: ExportWords
  /** IANA. */
  readonly timeZone: string
  /** Display name; undefined: the account is deleted. */
  readonly nameOf: (userId: string) => string | undefined
}

/** A page that holds everything it needs, and no script, in the reader's language and time zone. `isFirst`: it begins with this part. */
export function toHtml(
  groupName: string,
  { entries, next }: ExportPart,
  isFirst: boolean,
  reader: ExportReader,
): string {
  const around = surroundings(reader)
  return (
    (isFirst ? head(groupName, reader) : '') +
    entries.map((entry, i) => entryHtml(entry, entries.slice(0, i + 1), around)).join('') +
    (next === 0 ? '</body>\n</html>\n' : '')
  )
}

const STYLE =
  'body{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}time,small{color:#666}pre,.words{white-space:pre-wrap;margin:0}article{margin:.75rem 0}h3{margin:.25rem 0}blockquote{margin:.25rem 0;padding-inline-start:.75rem;border-inline-start:3px solid #999}.item{display:flex;gap:.5rem}td{border:1px solid #ccc;padding:.1rem .5rem}table{border-collapse:collapse}.spoiler{background:#777}.spoiler:not(:focus),.spoiler:not(:focus) *{color:transparent;user-select:none}.spoiler:focus{background:#eee}'

const head = (name: string, { words, timeZone }: ExportReader): string => `<!doctype html>
<html lang="${words.locale}">
<head>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(name)}</h1>
<p><small>${filled(words.timeZone, { zone: timeZone })}</small></p>
`

interface Surroundings extends AuditWords {
  readonly words: ExportWords
}

function surroundings({ words, timeZone, nameOf }: ExportReader): Surroundings {
  const moments = new Intl.DateTimeFormat(words.locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const groups = new Map([
    ['all', words.all],
    ['admins', words.admins],
  ])
  return {
    words,
    nameOf: (target) => groups.get(target) ?? nameOf(target) ?? words.deletedAccount,
    timeOf: (ms) => moments.format(ms),
    durationOf: (ms) => `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1000) % 60).padStart(2, '0')}`,
    labelOf: (rule) => words.rules[rule],
  }
}

/** A text with its values in it; each has its own direction. */
const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  escaped(text).replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key]
    return value === undefined ? whole : `<bdi>${escaped(value)}</bdi>`
  })

/** The exact time is in the attribute. */
const timeHtml = (at: number, { timeOf }: Surroundings): string =>
  `<time datetime="${new Date(at).toISOString()}">${escaped(timeOf(at))}</time>`

/** `upTo`: the entries of this part up to this one. */
function entryHtml(entry: ExportEntry, upTo: readonly ExportEntry[], around: Surroundings): string {
  const time = timeHtml(entry.at, around)
  if (!('message' in entry)) {
    const { event } = entry
    const person = personOf(event)
    const who = person === '' ? '' : `<b><bdi>${escaped(around.nameOf(person))}</bdi></b> `
    return `<p data-event="${escaped(event.body.case)}"><small>${time} ${who}${sentenceHtml(entry, upTo, around)}</small></p>\n`
  }
  const { id, authorId, authorName, attachments, poll } = entry.message
  const text = poll
    ? around.words.poll.replace('{text}', () => pollText(entry.message.text, poll.options))
    : entry.message.text
  const names = attachments.map(({ name }) => `<bdi>${escaped(name)}</bdi>`).join(', ')
  const files = names === '' ? '' : `<small>[${names}]</small>`
  const author = `<b><bdi>${escaped(authorName || around.nameOf(authorId))}</bdi></b>`
  return `<article id="${id}">${author} ${time}${messageHtml(text, around.nameOf)}${files}</article>\n`
}

function sentenceHtml(
  { event, at }: Extract<ExportEntry, { event: unknown }>,
  upTo: readonly ExportEntry[],
  around: Surroundings,
): string {
  const events = upTo.map((one) => ('event' in one ? one.event : undefined)).reverse()
  const texts: Readonly<Record<string, string>> = around.words.audit
  return auditSentences(event, at, around, settingsBefore(events, 0))
    .map(({ key, values }) => filled(texts[key] ?? texts.other ?? '', values))
    .join('; ')
}

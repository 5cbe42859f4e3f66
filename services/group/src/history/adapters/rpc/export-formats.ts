import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { personOf, replaceMentions } from '@beseda/rules'
import { toJson } from '@bufbuild/protobuf'
import type { ExportEntry, ExportPart } from '../../application/ports.js'
import { escaped, messageHtml } from './message-html.js'

/** An event as JSON: who did it, and the rest. */
interface EventLine {
  readonly actor: string
  readonly event: Record<string, unknown>
}

function lineOf(event: Event): EventLine {
  const { actorId: _, ...rest } = toJson(EventSchema, event) as Record<string, unknown>
  return { actor: personOf(event), event: rest }
}

/** One JSON object a line. */
export const toJsonLines = (entries: readonly ExportEntry[]): string =>
  entries
    .map((entry) => {
      const content = 'message' in entry ? { message: toJson(MessageSchema, entry.message) } : lineOf(entry.event)
      return `${JSON.stringify({ time: new Date(entry.at).toISOString(), seq: entry.seq, ...content })}\n`
    })
    .join('')

/** A page that holds everything it needs, and no script. */
export const toHtml = (
  groupName: string,
  { entries, next }: ExportPart,
  isFirst: boolean,
  nameOf: (userId: string) => string,
): string =>
  (isFirst ? htmlHead(groupName) : '') +
  entries.map((entry) => htmlEntry(entry, nameOf)).join('') +
  (next === 0 ? '</body>\n</html>\n' : '')

const htmlHead = (name: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(name)}</title>
<style>body{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}time,small{color:#666}pre,.words{white-space:pre-wrap;margin:0}article{margin:.75rem 0}h3{margin:.25rem 0}blockquote{margin:.25rem 0;padding-inline-start:.75rem;border-inline-start:3px solid #999}.item{display:flex;gap:.5rem}td{border:1px solid #ccc;padding:.1rem .5rem}table{border-collapse:collapse}.spoiler{background:#777}.spoiler:not(:focus),.spoiler:not(:focus) *{color:transparent;user-select:none}.spoiler:focus{background:#eee}</style>
</head>
<body>
<h1>${escaped(name)}</h1>
`

/** `2026-11-28 23:05 UTC`; the exact time is in the attribute. */
function timeHtml(at: number): string {
  const iso = new Date(at).toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
}

/** `memberJoined` as words. */
const kindInWords = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function htmlEntry(entry: ExportEntry, nameOf: (userId: string) => string): string {
  const time = timeHtml(entry.at)
  if (!('message' in entry)) {
    const who = nameOf(personOf(entry.event))
    return `<p data-event="${escaped(entry.event.body.case)}"><small>${time} <bdi>${escaped(who)}</bdi>: ${escaped(kindInWords(entry.event.body.case ?? ''))}</small></p>\n`
  }
  const { id, authorId, authorName, text, attachments } = entry.message
  const names = attachments.map(({ name }) => `<bdi>${escaped(name)}</bdi>`).join(', ')
  const files = names === '' ? '' : `<small>[${names}]</small>`
  const author = `<b><bdi>${escaped(authorName || nameOf(authorId))}</bdi></b>`
  return `<article id="${id}">${author} ${time}${messageHtml(text, nameOf)}${files}</article>\n`
}

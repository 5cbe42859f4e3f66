import type { SqliteView } from '@beseda/event-log'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { replaceMentions } from '@beseda/rules'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import {
  type MessageRow,
  messageOf,
  type Reader,
  visibleMessage,
} from '../../../messages/adapters/views/message-reader.js'
import { withoutTraces } from './audit-view.js'

/** Entries of one piece. */
const ENTRIES = 50
/**
 * Bytes in the history after which a piece ends with the commit at hand. A page for reading can be five times as long (every
 * quotation mark becomes an entity), and has to stay below the bus's megabyte.
 */
const BYTES = 80 * 1024

export type Entry = { readonly seq: number; readonly at: number } & (
  | { readonly message: Message }
  | { readonly actor: string; readonly event: Record<string, unknown> }
)

export interface ExportEntries {
  readonly entries: readonly Entry[]
  /** Sequence to go on after; 0: these were the last. */
  readonly next: number
}

/** Messages as they are now and every other event as it was, in the order of the history. */
export function exportEntries(view: SqliteView, groupId: string, reader: Reader, afterSeq: number): ExportEntries {
  const rows = view.all<MessageRow>(
    'SELECT * FROM message WHERE group_id = ? AND seq > ? ORDER BY seq, idx LIMIT ?',
    groupId,
    afterSeq,
    ENTRIES * 3,
  )
  const others = events(view, groupId, afterSeq)
  const edge = edgeOf([...rows.map(({ seq, body }) => ({ seq, size: body.length })), ...others])
  const messages = rows
    .filter(({ id, deleted }) => deleted === 0 && visibleMessage(view, groupId, id, reader))
    .map((row) => ({ seq: row.seq, at: row.sent_at, message: messageOf(view, row) }))
  const entries = [...messages, ...others.map(({ entry }) => entry)]
    .filter(({ seq }) => edge === undefined || seq <= edge)
    .sort((a, b) => a.seq - b.seq)
  return { entries, next: edge ?? 0 }
}

/** Sequence of the commit with which a piece is full; undefined: it is not. */
function edgeOf(parts: readonly { readonly seq: number; readonly size: number }[]): number | undefined {
  let bytes = 0
  return parts
    .toSorted((a, b) => a.seq - b.seq)
    .find(({ size }, i) => {
      bytes += size
      return bytes >= BYTES || i === ENTRIES - 1
    })?.seq
}

/** Everybody who said or did something. */
export const peopleIn = (entries: readonly Entry[]): string[] => [
  ...new Set(
    entries.map((entry) => ('message' in entry ? entry.message.authorId : entry.actor)).filter((id) => id !== ''),
  ),
]

/** One JSON object a line. */
export const toJsonLines = (entries: readonly Entry[]): string =>
  entries
    .map((entry) => {
      const { at, ...rest } = 'message' in entry ? { ...entry, message: toJson(MessageSchema, entry.message) } : entry
      return `${JSON.stringify({ time: new Date(at).toISOString(), ...rest })}\n`
    })
    .join('')

/** A page that holds everything it needs, and no script. */
export const toHtml = (
  groupName: string,
  { entries, next }: ExportEntries,
  isFirst: boolean,
  nameOf: (userId: string) => string,
): string =>
  (isFirst ? htmlHead(groupName) : '') +
  entries.map((entry) => htmlEntry(entry, nameOf)).join('') +
  (next === 0 ? '</body>\n</html>\n' : '')

function events(view: SqliteView, groupId: string, afterSeq: number) {
  return view
    .all<{ seq: number; at: number; event: Uint8Array }>(
      'SELECT seq, at, event FROM audit WHERE group_id = ? AND seq > ? ORDER BY seq, idx LIMIT ?',
      groupId,
      afterSeq,
      ENTRIES * 3,
    )
    .map(({ seq, at, event }) => {
      const { actorId = '', ...rest } = toJson(
        EventSchema,
        withoutTraces(view, fromBinary(EventSchema, event)),
      ) as Record<string, unknown>
      const entry: Entry = { seq, at, actor: String(actorId), event: rest }
      return { seq, size: event.length, entry }
    })
}

const escaped = (text: unknown): string =>
  String(text ?? '').replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const htmlHead = (name: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(name)}</title>
<style>body{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}time,small{color:#666}pre{white-space:pre-wrap;font:inherit;margin:0}p{margin:.75rem 0}</style>
</head>
<body>
<h1>${escaped(name)}</h1>
`

function htmlEntry(entry: Entry, nameOf: (userId: string) => string): string {
  const time = `<time>${new Date(entry.at).toISOString()}</time>`
  if (!('message' in entry)) {
    const kind = Object.keys(entry.event).find((key) => key !== 'commandId' && key !== 'version') ?? ''
    const what = `${escaped(kind)} ${escaped(JSON.stringify(entry.event[kind] ?? {}))}`
    return `<p><small>${time} ${escaped(nameOf(entry.actor))} ${what}</small></p>\n`
  }
  const { id, authorId, authorName, text, attachments } = entry.message
  const names = attachments.map(({ name }) => escaped(name)).join(', ')
  const files = names === '' ? '' : `<small>[${names}]</small>`
  const shown = replaceMentions(text, (target) => `@${nameOf(target)}`)
  return `<p id="${id}"><b>${escaped(authorName || nameOf(authorId))}</b> ${time}<br><pre>${escaped(shown)}</pre>${files}</p>\n`
}

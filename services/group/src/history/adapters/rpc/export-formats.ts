import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { personOf, replaceMentions } from '@beseda/rules'
import { toJson } from '@bufbuild/protobuf'
import type { ExportEntry, ExportPart } from '../../application/ports.js'

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

function htmlEntry(entry: ExportEntry, nameOf: (userId: string) => string): string {
  const time = `<time>${new Date(entry.at).toISOString()}</time>`
  if (!('message' in entry)) {
    const { actor, event } = lineOf(entry.event)
    const kind = Object.keys(event).find((key) => key !== 'commandId' && key !== 'version') ?? ''
    const what = `${escaped(kind)} ${escaped(JSON.stringify(event[kind] ?? {}))}`
    return `<p><small>${time} ${escaped(nameOf(actor))} ${what}</small></p>\n`
  }
  const { id, authorId, authorName, text, attachments } = entry.message
  const names = attachments.map(({ name }) => escaped(name)).join(', ')
  const files = names === '' ? '' : `<small>[${names}]</small>`
  const shown = replaceMentions(text, (target) => `@${nameOf(target)}`)
  return `<p id="${id}"><b>${escaped(authorName || nameOf(authorId))}</b> ${time}<br><pre>${escaped(shown)}</pre>${files}</p>\n`
}

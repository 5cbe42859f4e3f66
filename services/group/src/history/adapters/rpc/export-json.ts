import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { personOf } from '@beseda/rules'
import { toJson } from '@bufbuild/protobuf'
import type { ExportEntry } from '../../application/ports.js'

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

import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { toJson } from '@bufbuild/protobuf'
import type { PartWriter, WrittenFile } from '../../application/ports.js'
import { HashedFile } from '../hashed-file.js'
import type { CsvOptions } from './csv.js'
import { kindOfGroup } from './words.js'

/** One JSON object a line; every text exactly as it was written. */
export async function jsonlPart({ folder, path, person, attachments, epochOf }: CsvOptions): Promise<PartWriter> {
  const file = await HashedFile.create(folder, path)
  const added = new Map<string, WrittenFile>()
  const personOf = (id: string) => (id === '' ? undefined : { id, ...person(id) })
  return {
    async add({ kind, place, group, at, personId, actorId, message, event }) {
      const files: object[] = []
      for (const attachment of message?.attachments ?? []) {
        const stored = await attachments.store(attachment, added)
        const of = toJson(AttachmentSchema, attachment) as Record<string, unknown>
        files.push({ ...of, file: stored?.path ?? null, sha256: stored?.sha256 ?? null })
      }
      const line = {
        ...{ id: epochOf(place) || undefined, time: new Date(at).toISOString(), kind },
        group: { ...group, kind: kindOfGroup(group.kind) },
        ...{ person: personOf(personId), by: personOf(actorId) },
        message: message && {
          ...message,
          postedAt: message.postedAt === undefined ? undefined : new Date(message.postedAt).toISOString(),
          attachments: files,
        },
        event: event && toJson(EventSchema, event),
      }
      await file.write(`${JSON.stringify(line)}\n`)
    },
    async finish() {
      return [await file.finish(), ...added.values()]
    },
    discard: () => file.discard(),
  }
}

import { stringify } from 'csv-stringify/sync'
import type { PartWriter, Person, WrittenFile } from '../../application/ports.js'
import { titleOf } from '../../domain/entries.js'
import { ENTRY_KINDS, type Entry, type EntryKind } from '../../domain/entry.js'
import type { AttachmentFolder } from '../attachment-folder.js'
import { HashedFile } from '../hashed-file.js'
import { kindOfGroup, saidIn } from './words.js'

/** Those of Mattermost's compliance export, in its order, and then our own. Times of the first three are Unix ms, as there. */
export const COLUMNS = [
  ...['Post Creation Time', 'Post Update Time', 'Post Update Type', 'Team Id', 'Team Name', 'Team Display Name'],
  ...['Channel Id', 'Channel Name', 'Channel Display Name', 'Channel Type', 'User Id', 'User Email', 'Username'],
  ...[
    'Post Id',
    'Edited By Post Id',
    'Replied to Post Id',
    'Post Message',
    'Post Type',
    'User Type',
    'Previews Post Id',
  ],
  ...['Time', 'User Display Name', 'Done By User Id', 'Done By Username', 'Thread Id', 'Erased', 'Event Id'],
] as const
type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>

const TYPES: Readonly<Partial<Record<EntryKind, string>>> = {
  enter: 'enter',
  leave: 'leave',
  'previously-joined': 'previously-joined',
}
const UPDATES: Readonly<Partial<Record<EntryKind, string>>> = { edit: 'EditedNewMsg', deletion: 'Deleted' }

export const CSV_KINDS: readonly EntryKind[] = ENTRY_KINDS.filter((kind) => kind !== 'other')

/** RFC 4180, UTF-8. A text that a spreadsheet would take for a formula begins with an apostrophe. */
const lines = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'windows' },
  )

export interface CsvOptions {
  readonly folder: string
  readonly path: string
  readonly epochOf: (place: string) => string
  readonly person: (userId: string) => Person
  readonly attachments: AttachmentFolder
}

export async function csvPart({ folder, path, person, attachments, epochOf }: CsvOptions): Promise<PartWriter> {
  const file = await HashedFile.create(folder, path)
  const added = new Map<string, WrittenFile>()
  await file.write(lines([COLUMNS]))
  return {
    async add(entry) {
      const row = rowOf(entry, person, epochOf(entry.place))
      await file.write(lines([cells(row)]))
      for (const attachment of entry.message?.attachments ?? []) {
        const stored = await attachments.store(attachment, added)
        const message = stored?.path ?? `(the file ${attachment.name} is gone)`
        await file.write(lines([cells({ ...row, 'Post Type': 'attachment', 'Post Message': message })]))
      }
    },
    async finish() {
      return [await file.finish(), ...added.values()]
    },
    discard: () => file.discard(),
  }
}

const cells = (row: Row): (string | number)[] => COLUMNS.map((column) => row[column] ?? '')

function rowOf(entry: Entry, person: CsvOptions['person'], eventId: string): Row {
  const { kind, group, at, personId, actorId, message } = entry
  const isChange = kind === 'edit' || kind === 'deletion'
  const who = person(personId)
  return {
    'Post Creation Time': isChange ? (message?.postedAt ?? '') : at,
    'Post Update Time': isChange ? at : '',
    'Post Update Type': UPDATES[kind] ?? (kind === 'message' && message?.edited ? 'EditedOriginalMsg' : ''),
    'Channel Id': group.id,
    'Channel Name': group.name,
    'Channel Display Name': titleOf(entry),
    'Channel Type': kindOfGroup(group.kind),
    'User Id': personId,
    Username: who.username,
    'Post Id': message?.id ?? '',
    'Edited By Post Id': kind === 'message' && message?.edited ? message.id : '',
    'Replied to Post Id': message?.replyTo || message?.threadId || '',
    'Post Message': message ? saidIn(message) : '',
    'Post Type': TYPES[kind] ?? 'message',
    'User Type': message?.authorName ? 'webhook' : who.kind,
    Time: new Date(at).toISOString(),
    'User Display Name': message?.authorName || who.displayName,
    'Done By User Id': actorId,
    'Done By Username': person(actorId).username,
    'Thread Id': message?.threadId ?? '',
    Erased: message?.erased ? 'true' : '',
    'Event Id': eventId,
  }
}

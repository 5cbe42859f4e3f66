import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventStore } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream, IDENTITY_STREAM } from '@beseda/proto'
import { AttachmentFolder } from './adapters/attachment-folder.js'
import { CSV_KINDS, csvPart } from './adapters/formats/csv.js'
import { emlPart } from './adapters/formats/eml.js'
import { jsonlPart } from './adapters/formats/jsonl.js'
import { MANIFEST, writeManifest, writtenManifest } from './adapters/manifest.js'
import { SqliteWorkbook } from './adapters/workbook/sqlite-workbook.js'
import { assertKnown, collect, collectHolds, collectPeople, type Source } from './application/collect.js'
import type { Attachments, Format, Workbook, WrittenFile } from './application/ports.js'
import { ArchiveWriting } from './application/write.js'
import type { Task } from './archive-options.js'
import { ENTRY_KINDS } from './domain/entry.js'
import { dropWorkbook, WORKBOOK } from './leftovers.js'

export interface ArchiveDeps {
  readonly store: EventStore
  readonly attachments: Attachments
  readonly partitions: number
  readonly now: Date
  readonly partEntries?: number
}

/**
 * Writes an archive for people who must answer to auditors: what was said and who was there, in a range of time. Called again after an
 * interruption, it goes on where it was. Returns the manifest. Errors: sentences.
 */
export async function writeArchive(
  task: Task,
  { store, attachments, partitions, now, partEntries }: ArchiveDeps,
): Promise<WrittenFile> {
  const { folder, range, groups } = task
  if (existsSync(join(folder, MANIFEST))) return finished(task, await streamsOf(store, groups, partitions))
  await assertKnown(store, namedSources(groups, partitions))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const streams = await streamsOf(store, groups, partitions)
  const workbook = new SqliteWorkbook(join(folder, WORKBOOK), termsOf(task, streams))
  let manifest: WrittenFile
  try {
    for (const source of sourcesOf(groups, partitions)) await collect(store, workbook, source, range)
    await collectPeople(store, workbook, IDENTITY_STREAM)
    if (task.withHeld) await collectHolds(store, workbook)
    const format = formatOf(task, workbook, attachments, new Map(streams.map(({ name, epoch }) => [name, epoch])))
    await new ArchiveWriting(workbook, format, range, now.getTime(), task.withHeld, partEntries).run()
    const head = {
      format: task.format,
      range,
      groups,
      withHeld: task.withHeld,
      made: now,
      streams: await streamsOf(store, groups, partitions),
    }
    manifest = await writeManifest(folder, workbook, head)
  } finally {
    workbook.close()
  }
  await dropWorkbook(folder)
  return manifest
}

/** Ended between its last two steps, an export still has its workbook, with texts in it. Errors: a sentence when there is nothing to finish. */
async function finished(task: Task, streams: readonly { name: string; epoch: string }[]): Promise<WrittenFile> {
  const file = join(task.folder, WORKBOOK)
  if (!existsSync(file)) throw new Error(`${task.folder} holds a finished export: choose another folder.`)
  new SqliteWorkbook(file, termsOf(task, streams)).close()
  await dropWorkbook(task.folder)
  return writtenManifest(task.folder)
}

const partitionsOf = (groups: readonly string[], partitions: number): readonly number[] =>
  groups.length === 0
    ? Array.from({ length: partitions }, (_, p) => p)
    : [...new Set(groups.map((groupId) => partitionOf(groupId, partitions)))]

const streamsOf = (store: EventStore, groups: readonly string[], partitions: number) =>
  Promise.all(
    partitionsOf(groups, partitions).map(async (p) => {
      const { epoch, lastSeq } = await store.info(historyStream(p))
      return { name: historyStream(p), epoch, lastSeq }
    }),
  )

const sourcesOf = (groups: readonly string[], partitions: number): readonly Source[] =>
  groups.length > 0
    ? namedSources(groups, partitions)
    : partitionsOf([], partitions).map((p) => ({ stream: historyStream(p), filter: undefined }))

const namedSources = (groups: readonly string[], partitions: number) =>
  groups.map((groupId) => {
    const p = partitionOf(groupId, partitions)
    return { stream: historyStream(p), filter: groupFilter(p, groupId), groupId }
  })

/** In another log, or of another range, nothing that was written before counts. */
const termsOf = ({ format, terms }: Task, streams: readonly { name: string; epoch: string }[]): string =>
  [terms, format, ...streams.map(({ name, epoch }) => `${name} ${epoch}`)].join(', ')

function formatOf(
  { folder, format }: Task,
  workbook: Workbook,
  source: Attachments,
  epochs: ReadonlyMap<string, string>,
): Format {
  const attachments = new AttachmentFolder(folder, source, workbook)
  const person = (userId: string) => workbook.person(userId)
  const epochOf = (place: string) => (place === '' ? '' : `${epochs.get(place.split('/')[0] ?? '') ?? ''}/${place}`)
  const shared = { folder, person, attachments, epochOf }
  const numbered = (name: string, part: number, extension: string) =>
    `${name}-${String(part).padStart(5, '0')}.${extension}`
  switch (format) {
    case 'csv':
      return { kinds: CSV_KINDS, open: (part) => csvPart({ ...shared, path: numbered('messages', part, 'csv') }) }
    case 'jsonl':
      return { kinds: ENTRY_KINDS, open: (part) => jsonlPart({ ...shared, path: numbered('messages', part, 'jsonl') }) }
    case 'eml':
      return { kinds: CSV_KINDS, open: (part) => emlPart({ ...shared, source, path: numbered('events', part, 'csv') }) }
  }
}

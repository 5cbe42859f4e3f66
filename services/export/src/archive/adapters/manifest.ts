import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { GroupCount, Range, Workbook, WrittenFile } from '../application/ports.js'
import { ENTRY_KINDS } from '../domain/entry.js'
import { kindOfGroup } from './formats/words.js'
import { HashedFile } from './hashed-file.js'

export const MANIFEST = 'manifest.json'

/** What the archive is of. */
export interface ManifestHead {
  readonly format: string
  readonly range: Range
  /** Ids; empty: all. */
  readonly groups: readonly string[]
  readonly withHeld: boolean
  /** How far the log was read. */
  readonly streams: readonly { readonly name: string; readonly epoch: string; readonly lastSeq: number }[]
  readonly made: Date
}

/** The one that a finished archive has. */
export async function writtenManifest(folder: string): Promise<WrittenFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(join(folder, MANIFEST))) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { path: MANIFEST, bytes, sha256: hash.digest('hex') }
}

/** Names everything that is in the archive; written last, so an archive that has it is whole. Written piece by piece: it may name a million files. */
export async function writeManifest(folder: string, workbook: Workbook, head: ManifestHead): Promise<WrittenFile> {
  const file = await HashedFile.create(folder, MANIFEST)
  const { from, to } = head.range
  const said = {
    ...{ version: 1, format: head.format, madeAt: head.made.toISOString() },
    range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    ...{
      groupsAskedFor: head.groups.length === 0 ? 'all' : head.groups,
      withHeld: head.withHeld,
      streams: head.streams,
    },
    counts: totals(workbook.counts()),
  }
  await file.write(`${JSON.stringify(said, null, 2).replace(/\n}$/, '')},\n  "groups": [`)
  await writeList(file, groupsOf(workbook.counts()))
  await file.write('],\n  "files": [')
  await writeList(file, workbook.files())
  await file.write(']\n}\n')
  return file.finish()
}

async function writeList(file: HashedFile, items: Iterable<object>): Promise<void> {
  let before = '\n'
  for (const item of items) {
    await file.write(`${before}    ${JSON.stringify(item)}`)
    before = ',\n'
  }
  await file.write('\n  ')
}

const zero = () => Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, 0]))

function totals(counts: Iterable<GroupCount>): Record<string, number> {
  const sums = zero()
  for (const { kind, entries } of counts) sums[kind] = (sums[kind] ?? 0) + entries
  return sums
}

/** Counts come group by group. */
function* groupsOf(counts: Iterable<GroupCount>): Iterable<object> {
  let group: { id: string; name: string; kind: string; counts: Record<string, number> } | undefined
  for (const { groupId, name, groupKind, kind, entries } of counts) {
    if (group?.id !== groupId) {
      if (group) yield group
      group = { id: groupId, name, kind: kindOfGroup(groupKind), counts: {} }
    }
    group.counts[kind] = entries
  }
  if (group) yield group
}

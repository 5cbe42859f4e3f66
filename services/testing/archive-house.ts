import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventBody, MemoryEventStore, type ReadOptions } from '@beseda/event-log'
import { streamOf } from '@beseda/platform'
import { accountSubject, IDENTITY_STREAM, type LaneName } from '@beseda/proto'
import {
  GroupCreatedSchema,
  GroupKind,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import { AccountDeletedSchema, AccountRegisteredSchema } from '@beseda/proto/identity/v1/events'
import { MemberLeftSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { onTestFinished } from 'vitest'
import { writeArchive } from '../export/src/archive/archive.js'
import { readTask } from '../export/src/archive/archive-options.js'
import { entryOn, laneEntry } from './log-entries.js'

export const day = (n: number, ms = 0) => Date.UTC(2026, 0, n) + ms
export const NOW = new Date(day(20))
/** From the second to the tenth of January. */
const TERMS = { from: '2026-01-02', to: '2026-01-10' }

type Post = MessageInitShape<typeof MessagePostedSchema>
export const post = (messageId: string, more: Post = {}): EventBody => {
  const value = create(MessagePostedSchema, { messageId, authorId: 'ann', text: `text of ${messageId}`, ...more })
  return { case: 'messagePosted', value }
}
export const edit = (messageId: string, text: string): EventBody => ({
  case: 'messageEdited',
  value: create(MessageEditedSchema, { messageId, text }),
})
export const unsay = (messageId: string): EventBody => ({
  case: 'messageDeleted',
  value: create(MessageDeletedSchema, { messageId }),
})

/** A log, and a store of files with it, that is away after some reads. */
class Breaking extends MemoryEventStore {
  reads = Number.POSITIVE_INFINITY
  count(): void {
    if (this.reads-- <= 0) throw new Error('the log is away')
  }
  override async read(stream: string, options: ReadOptions) {
    this.count()
    return super.read(stream, { ...options, limit: Math.min(options.limit, 3) })
  }
}

export async function house() {
  const store = new Breaking()
  let at = 0
  const write = async (lane: LaneName, when: number, bodies: EventBody[], actorId = 'ann', groupId = 'g') => {
    const { stream, ...entry } = laneEntry(groupId, lane, bodies, { at: when + at++, actorId })
    const result = await store.append({ stream, ...entry })
    return result.kind === 'appended' ? result.seq : 0
  }
  const register = async (userId: string, username: string, displayName: string) => {
    const value = create(AccountRegisteredSchema, { username, displayName, passwordHash: 'argon2-of-a-secret' })
    const stream = IDENTITY_STREAM
    await store.append({
      ...entryOn(accountSubject(userId), [{ case: 'accountRegistered', value }], { stream, at: at++ }),
      stream,
    })
  }
  const leave = async (userId: string) => {
    const stream = IDENTITY_STREAM
    const body: EventBody = { case: 'accountDeleted', value: create(AccountDeletedSchema) }
    await store.append({ ...entryOn(accountSubject(userId), [body], { stream, at: at++ }), stream })
  }
  await register('ann', 'ann', 'Анна, "Ann"')
  await register('bob', 'bob', '=cmd|calc')
  const value = create(GroupCreatedSchema, {
    ...{ kind: GroupKind.GROUP, name: 'Chess', ownerId: 'ann', memberIds: ['ann', 'bob'] },
  })
  await write('group', day(1), [{ case: 'groupCreated', value }])
  return { store, write, register, leave }
}

export const files = new Map([['f1', 'the plan of the attack']])
const attachmentsOf = (store: Breaking) => ({
  read: async (fileId: string) => {
    store.count()
    const text = files.get(fileId)
    return text === undefined ? undefined : streamOf(Buffer.from(text))
  },
})

export async function folderOf(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `beseda-archive-${name}-`))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

type House = Awaited<ReturnType<typeof house>>
type Terms = { 'with-held'?: boolean; format?: string; groups?: string; out?: string; partEntries?: number }

export async function archive({ store }: House, { partEntries, ...terms }: Terms = {}) {
  const out = terms.out ?? (await folderOf(terms.format ?? 'csv'))
  const task = readTask({ ...TERMS, ...terms, out }, NOW)
  const manifest: { path: string; bytes: number; sha256: string } = await writeArchive(task, {
    ...{ store, attachments: attachmentsOf(store), partitions: 1, now: NOW },
    ...(partEntries === undefined ? {} : { partEntries }),
  })
  return { out, manifest, ...(await contentsOf(out)) }
}

export async function contentsOf(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted()
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  const all = (await Promise.all(names.map(read))).join('\n')
  return { names, read, all }
}

interface Line {
  readonly kind: string
  readonly id?: string
  readonly person?: { readonly id: string; readonly username: string }
  readonly message?: { readonly id: string; readonly text: string; readonly erased: boolean; readonly edited: boolean }
  readonly event?: object
}
export async function linesOf({
  names,
  read,
}: Pick<Awaited<ReturnType<typeof archive>>, 'names' | 'read'>): Promise<Line[]> {
  const parts = await Promise.all(names.filter((name) => name.endsWith('.jsonl')).map(read))
  return parts
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}
export const briefly = (lines: Line[]) =>
  lines.map(({ kind, person, message }) => `${kind} ${message?.id ?? person?.id}`)

/** A quarter in which everything happens that an archive tells of. */
export async function quarter() {
  const h = await house()
  await h.write('messages', day(1), [post('before')])
  await h.write('messages', day(2), [post('m1'), post('m2', { authorId: 'bob', replyTo: 'm1' })])
  await h.write('roster', day(3), [
    { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['eve'] }) },
    { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'bob' }) },
  ])
  await h.write('messages', day(4), [edit('m1', 'text of m1, better')])
  await h.write('messages', day(4), [post('m3', { threadId: 'm1' })])
  await h.write('messages', day(5), [unsay('before')], 'bob')
  await h.write('messages', day(6), [
    { case: 'reactionChanged', value: create(ReactionChangedSchema, { messageId: 'm1', emoji: '👍', present: true }) },
  ])
  await h.write('messages', day(10), [post('after')])
  return h
}

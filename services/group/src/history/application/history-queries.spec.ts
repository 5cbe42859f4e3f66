import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { MemberRemovedSchema, RoleChangedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { SqliteHistoryReader } from '../adapters/views/history-reader.js'
import { HistoryQueries } from './history-queries.js'
import type { ExportEntry } from './ports.js'

const { signal } = new AbortController()
const NEWEST = { beforeSeq: 0, limit: 10, minSeq: 0 }

async function world() {
  const group = await groupWorld()
  const asked: string[][] = []
  const people = {
    names: async (userIds: readonly string[]) => {
      asked.push([...userIds])
      return new Map(userIds.filter((id) => id !== 'gone').map((id) => [id, id.toUpperCase()]))
    },
  }
  const queries = new HistoryQueries(group.access, new SqliteHistoryReader(group.projection), people)
  const renamed = (groupId: string, name: string) =>
    group.write(groupId, 'group', { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) })
  return { ...group, queries, asked, renamed }
}

describe('the audit log', () => {
  test('is read by whoever may, newest first, and by nobody else', async () => {
    const { queries, found, renamed } = await world()
    const groupId = await found(['ann', 'bob'])
    const seqs = [await renamed(groupId, 'Go'), await renamed(groupId, 'Shogi')]
    const { entries, hasMore } = await queries.audit(groupId, 'ann', NEWEST, signal)
    expect(entries.map(({ seq }) => seq).slice(0, 2)).toEqual(seqs.toReversed())
    expect(hasMore).toBe(false)
    expect(await refusalOf(queries.audit(groupId, 'bob', NEWEST, signal))).toBe('NOT_PERMITTED')
    expect(await refusalOf(queries.audit(groupId, 'eve', NEWEST, signal))).toBe('NOT_A_MEMBER')
    expect(await refusalOf(queries.audit(newId(), 'ann', NEWEST, signal))).toBe('NOT_A_MEMBER')
  })

  test('is read no longer by who was removed, also by a replica that has not heard of it', async () => {
    const { queries, found, write } = await world()
    const groupId = await found(['ann', 'bob'])
    const promoted = create(RoleChangedSchema, { userId: 'bob', role: Role.ADMIN })
    await write(groupId, 'roster', { case: 'roleChanged', value: promoted })
    expect(await refusalOf(queries.audit(groupId, 'bob', NEWEST, signal))).toBe('accepted')
    const removed = create(MemberRemovedSchema, { userId: 'bob' })
    await write(groupId, 'roster', { case: 'memberRemoved', value: removed })
    expect(await refusalOf(queries.audit(groupId, 'bob', NEWEST, signal))).toBe('NOT_A_MEMBER')
  })

  test('a page begins where the one before it ended', async () => {
    const { queries, found, renamed } = await world()
    const groupId = await found(['ann', 'bob'])
    for (const name of ['Go', 'Shogi', 'Xiangqi']) await renamed(groupId, name)
    const first = await queries.audit(groupId, 'ann', { ...NEWEST, limit: 2 }, signal)
    const beforeSeq = first.entries.at(-1)?.seq ?? 0
    const second = await queries.audit(groupId, 'ann', { ...NEWEST, beforeSeq }, signal)
    expect([first.hasMore, second.hasMore]).toEqual([true, false])
    expect(Math.max(...second.entries.map(({ seq }) => seq))).toBeLessThan(beforeSeq)
  })
})

test('calls are for every member, and for nobody else', async () => {
  const { queries, found } = await world()
  const groupId = await found(['ann', 'bob'])
  expect(await queries.calls(groupId, 'bob', NEWEST, signal)).toEqual({ calls: [], hasMore: false })
  expect(await refusalOf(queries.calls(groupId, 'eve', NEWEST, signal))).toBe('NOT_A_MEMBER')
})

test('an export carries the name of the group, and is for whoever may export', async () => {
  const { queries, found, posting } = await world()
  const groupId = await found(['ann', 'bob'])
  const text = { text: 'hello', replyTo: '', threadId: '', attachments: [], forward: undefined }
  const by = { commandId: newId(), userId: 'ann', now: new Date(0), traceparent: undefined, signal }
  await posting.post({ ...text, ...by, messageId: newId(), groupId, authorId: 'ann' })
  const part = await queries.export(groupId, 'ann', 0, signal)
  expect(part).toMatchObject({ name: 'Chess', next: 0 })
  expect(part.entries.flatMap((entry) => ('message' in entry ? [entry.message.text] : []))).toEqual(['hello'])
  expect(await refusalOf(queries.export(groupId, 'bob', 0, signal))).toBe('NOT_PERMITTED')
})

test('names are asked for once each; of a deleted account there is none', async () => {
  const { queries, asked } = await world()
  const said = (authorId: string) => ({ seq: 1, at: 0, message: { authorId, text: '' } }) as ExportEntry
  const nameOf = await queries.names([said('ann'), said('ann'), said('gone'), said('')], signal)
  expect(asked.map((ids) => ids.toSorted((a, b) => a.localeCompare(b)))).toEqual([['ann', 'gone']])
  expect([nameOf('ann'), nameOf('gone')]).toEqual(['ANN', undefined])
})

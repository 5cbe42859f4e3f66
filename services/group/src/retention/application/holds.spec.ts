import { commandCommit, type EventBody } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import {
  goneSubject,
  historyStream,
  historySubject,
  PEOPLE_STREAM,
  RETENTION_STREAM,
  RETENTION_SUBJECT,
} from '@beseda/proto'
import {
  AttachmentSchema,
  GroupDeletedSchema,
  GroupKind,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { HoldChangedSchema, RetentionChangedSchema } from '@beseda/proto/moderation/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { SqliteFileUses } from '../../files/adapters/views/file-uses.js'
import { SqliteOldMessages, SqliteRetentionStore } from '../adapters/views/retention-store.js'
import { RetentionWorker } from './retention-worker.js'

const NOW = new Date('2026-06-01T00:00:00Z')
const day = (n: number) => NOW.getTime() - n * 24 * 3_600_000
const [KEEP, DROP] = [true, false]

type Post = MessageInitShape<typeof MessagePostedSchema>

async function world() {
  const group = await groupWorld()
  const { store, projection, history } = group
  const says = async (groupId: string, bodies: readonly EventBody[], at: number, actorId: string) => {
    const commit = commandCommit({ commandId: newId(), actorId, now: new Date(at) }, bodies)
    const result = await store.append({
      stream: historyStream(0),
      subject: historySubject(0, groupId, 'messages'),
      commit,
    })
    if (result.kind === 'appended') await projection.waitFor(historyStream(0), result.seq)
  }
  const posted = (authorId: string, text: string, more: Post = {}): EventBody => ({
    case: 'messagePosted',
    value: create(MessagePostedSchema, { messageId: text, authorId, text: `text of ${text}`, ...more }),
  })
  const decided = async (body: EventBody) => {
    const commit = commandCommit({ commandId: newId(), actorId: 'ada', now: NOW }, [body])
    const result = await store.append({ stream: RETENTION_STREAM, subject: RETENTION_SUBJECT, commit })
    return result.kind === 'appended' ? result.seq : 0
  }
  const files = new SqliteFileUses(projection)
  const eraser = group.eraser(
    { close: () => Promise.reject(new Error('nobody left')) },
    { deleteDue: async () => undefined },
  )
  const worker = new RetentionWorker(
    history,
    new SqliteRetentionStore(projection),
    new SqliteOldMessages(projection),
    group.changes,
  )
  return {
    ...group,
    files,
    posted,
    /** In one commit, as people who post at the same moment. */
    say: (groupId: string, bodies: EventBody[], at = day(1)) => says(groupId, bodies, at, 'ann'),
    edit: (groupId: string, messageId: string, by: string) => {
      const value = create(MessageEditedSchema, { messageId, text: `text of ${messageId}, edited` })
      return says(groupId, [{ case: 'messageEdited', value }], day(1), by)
    },
    unsay: (groupId: string, messageId: string) => {
      const value = create(MessageDeletedSchema, { messageId })
      return says(groupId, [{ case: 'messageDeleted', value }], day(1), 'ann')
    },
    /** Not waited for: whoever erases has to. */
    hold: (ids: { groupId: string } | { userId: string }) =>
      decided({ case: 'holdChanged', value: create(HoldChangedSchema, { ...ids, held: true }) }),
    async release(ids: { groupId: string } | { userId: string }) {
      const seq = await decided({ case: 'holdChanged', value: create(HoldChangedSchema, ids) })
      await projection.waitFor(RETENTION_STREAM, seq)
    },
    rule: (rule: { directDays?: number; groupDays?: number; channelDays?: number }) =>
      decided({ case: 'retentionChanged', value: create(RetentionChangedSchema, { rule }) }),
    /** Their account is deleted. */
    async leave(userId: string) {
      const body = { case: 'personGone' as const, value: create(PersonGoneSchema) }
      const commit = commandCommit({ commandId: newId(), actorId: userId, now: NOW }, [body])
      const result = await store.append({ stream: PEOPLE_STREAM, subject: goneSubject(userId), commit })
      await projection.waitFor(PEOPLE_STREAM, result.kind === 'appended' ? result.seq : 0)
    },
    /** Until nothing changes any more. */
    async erase() {
      for (let before = -1, present = 0; before !== present; ) {
        await eraser.round(NOW)
        before = present
        present = (await store.info(historyStream(0))).lastSeq
      }
    },
    retain: () => worker.round(NOW),
    async inLog(text: string): Promise<boolean> {
      const log = await store.read(historyStream(0), { afterSeq: 0, limit: 10_000 })
      return log.some(({ bytes }) => Buffer.from(bytes).includes(`text of ${text}`))
    },
    standing: (groupId: string, ...ids: string[]) =>
      ids.filter((id) => group.messages.place(groupId, id)?.deleted === false),
  }
}

test('what a held person has said stays in the log, whoever deletes it; what others said beside it goes', async () => {
  const { found, say, posted, edit, unsay, hold, release, erase, inLog, standing } = await world()
  const groupId = await found(['ann', 'bob'])
  await say(groupId, [posted('ann', 'of ann'), posted('bob', 'of bob'), posted('bob', 'kept')])
  await edit(groupId, 'of ann', 'ann')
  await hold({ userId: 'ann' })
  for (const id of ['of ann', 'of bob']) await unsay(groupId, id)
  await erase()
  expect([await inLog('of ann'), await inLog('of ann, edited'), await inLog('of bob')]).toEqual([KEEP, KEEP, DROP])
  expect(standing(groupId, 'of ann', 'of bob', 'kept')).toEqual(['kept'])

  await release({ userId: 'ann' })
  await erase()
  expect([await inLog('of ann'), await inLog('kept')]).toEqual([DROP, KEEP])
})

const caller = (userId: string) => ({
  ...{ commandId: newId(), userId, now: NOW, traceparent: undefined, signal: new AbortController().signal },
})

test.each<[who: string, deletes: (w: Awaited<ReturnType<typeof world>>, groupId: string) => Promise<unknown>]>([
  ['its author', ({ changes }, groupId) => changes.delete(groupId, 'of bob', caller('bob'))],
  ['the owner of the group', ({ changes }, groupId) => changes.delete(groupId, 'of bob', caller('ann'))],
  ['an administrator', ({ changes }, groupId) => changes.remove(groupId, 'of bob', caller('ada'))],
  ['the deletion of the account', ({ leave }) => leave('bob')],
  [
    'the end of the group',
    ({ write }, groupId) => write(groupId, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) }),
  ],
])('whoever deletes what is held – %s – people lose it, and the log does not', async (_, deletes) => {
  const w = await world()
  const { found, say, posted, hold, release, erase, inLog, standing } = w
  for (const held of ['person', 'group']) {
    const groupId = await found(['ann', 'bob'])
    const ids = held === 'person' ? { userId: 'bob' } : { groupId }
    await say(groupId, [posted('bob', 'of bob'), posted('ann', 'of ann')])
    await hold(ids)
    await deletes(w, groupId)
    await erase()
    expect([standing(groupId, 'of bob'), await inLog('of bob')]).toEqual([[], KEEP])
    await release(ids)
    await erase()
    expect(await inLog('of bob')).toBe(DROP)
  }
})

test('nothing that was said in a held group leaves the log: not by time, not with the group', async () => {
  const { found, say, posted, write, hold, release, erase, inLog, store } = await world()
  const [held, free] = [await found(['ann', 'bob']), await found(['ann', 'bob'])]
  for (const [groupId, name] of [
    [held, 'held'],
    [free, 'free'],
  ] as const) {
    await say(groupId, [
      posted('bob', `vanished ${name}`, { expiresAt: timestampFromMs(day(1)) }),
      posted('bob', `said ${name}`),
    ])
  }
  await hold({ groupId: held })
  await erase()
  expect([await inLog('vanished held'), await inLog('vanished free')]).toEqual([KEEP, DROP])

  for (const groupId of [held, free]) {
    await write(groupId, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
  }
  await erase()
  expect([await inLog('said held'), await inLog('vanished held'), await inLog('said free')]).toEqual([KEEP, KEEP, DROP])

  await release({ groupId: held })
  await erase()
  const left = await store.read(historyStream(0), {
    afterSeq: 0,
    filter: historySubject(0, held, 'messages'),
    limit: 9,
  })
  expect(left).toEqual([])
})

test('a group is not purged while it holds words of a held person', async () => {
  const { found, say, posted, write, hold, release, erase, inLog } = await world()
  const groupId = await found(['ann', 'bob'])
  await say(groupId, [posted('bob', 'said')])
  await hold({ userId: 'bob' })
  await write(groupId, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
  await erase()
  expect(await inLog('said')).toBe(KEEP)
  await release({ userId: 'bob' })
  await erase()
  expect(await inLog('said')).toBe(DROP)
})

test('a view that is built from the log while a hold stands shows nothing of what was deleted', async () => {
  const one = await world()
  const groupId = await one.found(['ann', 'bob'])
  const attachments = [create(AttachmentSchema, { fileId: 'f', name: 'plan.txt' })]
  await one.say(groupId, [one.posted('bob', 'of bob', { attachments }), one.posted('ann', 'of ann')])
  await one.hold({ userId: 'bob' })
  for (const id of ['of bob', 'of ann']) await one.unsay(groupId, id)
  await one.erase()
  const fresh = await groupWorld({}, one.store)
  expect(fresh.messages.place(groupId, 'of bob')).toMatchObject({ deleted: true })
  const rows = fresh.projection.view.all<{ body: Uint8Array }>('SELECT body FROM message')
  expect(rows.some(({ body }) => Buffer.from(body).includes('text of'))).toBe(false)
  // What it does not show it keeps all the same: the sweep would take a file of which nothing is known.
  const uses = new SqliteFileUses(fresh.projection)
  expect([uses.isKept('f'), uses.isUsed('f'), uses.due(10)]).toEqual([true, false, []])
})

test('so are files of what a held person said after the end of a group', async () => {
  const { found, say, posted, write, hold, release, erase, files } = await world()
  const groupId = await found(['ann', 'bob'])
  await write(groupId, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
  await hold({ userId: 'bob' })
  await say(groupId, [posted('bob', 'late', { attachments: [create(AttachmentSchema, { fileId: 'f' })] })])
  await erase()
  expect([files.isKept('f'), files.due(10)]).toEqual([true, []])
  await release({ userId: 'bob' })
  expect([files.isKept('f'), files.due(10)]).toEqual([false, ['f']])
})

test('files of held messages stay, also when somebody else lets go of them last', async () => {
  const { found, say, posted, unsay, hold, release, erase, files } = await world()
  const groupId = await found(['ann', 'bob'])
  const attachments = [create(AttachmentSchema, { fileId: 'f', name: 'plan.txt' })]
  await say(groupId, [posted('ann', 'of ann', { attachments }), posted('bob', 'of bob', { attachments })])
  await hold({ userId: 'ann' })
  for (const id of ['of ann', 'of bob']) await unsay(groupId, id)
  await erase()
  expect([files.due(10), files.isKept('f'), files.isUsed('f')]).toEqual([[], true, false])
  await release({ userId: 'ann' })
  await erase()
  expect([files.due(10), files.isKept('f')]).toEqual([['f'], false])
})

test('what is older than the rule of its kind is deleted for everybody, and leaves the log as anything deleted', async () => {
  const { found, say, posted, rule, retain, erase, inLog, standing, commits } = await world()
  const chat = await found(['ann', 'bob'], GroupKind.DIRECT)
  const group = await found(['ann', 'bob'])
  for (const [groupId, name] of [
    [chat, 'chat'],
    [group, 'group'],
  ] as const) {
    await say(groupId, [posted('ann', `old ${name}`)], day(31))
    await say(groupId, [posted('ann', `new ${name}`)], day(29))
  }
  await rule({ groupDays: 30 })
  await retain()
  expect(standing(group, 'old group', 'new group')).toEqual(['new group'])
  expect(standing(chat, 'old chat', 'new chat')).toEqual(['old chat', 'new chat'])
  const told = (await commits(group, 'messages')).flatMap(({ commit }) => commit.events.map(({ body }) => body.case))
  expect(told).toContain('messageDeleted')
  await erase()
  expect([await inLog('old group'), await inLog('new group'), await inLog('old chat')]).toEqual([DROP, KEEP, KEEP])

  await rule({ groupDays: 30, directDays: 30 })
  await retain()
  expect(standing(chat, 'old chat', 'new chat')).toEqual(['new chat'])
})

test('the rule spares what is held, and catches up with it when the hold ends', async () => {
  const { found, say, posted, hold, release, rule, retain, standing } = await world()
  const [held, other] = [await found(['ann', 'bob']), await found(['ann', 'bob'])]
  await say(held, [posted('ann', 'in a held group')], day(100))
  await say(other, [posted('bob', 'of bob'), posted('ann', 'of ann')], day(100))
  await hold({ groupId: held })
  await hold({ userId: 'bob' })
  await rule({ groupDays: 30 })
  await retain()
  expect([...standing(held, 'in a held group'), ...standing(other, 'of bob', 'of ann')]).toEqual([
    'in a held group',
    'of bob',
  ])
  await release({ groupId: held })
  await release({ userId: 'bob' })
  await retain()
  expect([...standing(held, 'in a held group'), ...standing(other, 'of bob')]).toEqual([])
})

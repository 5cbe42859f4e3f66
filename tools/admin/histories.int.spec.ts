import { type EventBody, JetStreamEventStore, type StoredCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { setUpLog } from '@beseda/platform'
import {
  goneSubject,
  historyStream,
  historySubject,
  type LaneName,
  PEOPLE_STREAM,
  RETENTION_STREAM,
} from '@beseda/proto'
import {
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupUpdatedSchema,
  MessagePostedSchema,
  WebhookCreatedSchema,
} from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import {
  InviteCreatedSchema,
  JoinRequestedSchema,
  MemberBannedSchema,
  MemberJoinedSchema,
} from '@beseda/proto/membership/v1/events'
import { HoldChangedSchema } from '@beseda/proto/moderation/v1/events'
import { filesWith, startNats, type TestNats } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rewriteHistories } from './histories.mjs'
import { rewrite, streamsOfNewest } from './rewrite.mjs'

/** What a deleted group or account leaves in the lanes `group` and `roster` is gone from the files of NATS after `admin rewrite`. */
let nats: TestNats
let nc: NatsConnection
let store: JetStreamEventStore
beforeAll(async () => {
  nats = await startNats()
  nc = await nats.connect()
  await setUpLog(nc, { partitions: 1, replicas: 1 })
  store = await JetStreamEventStore.open(nc)
})
afterAll(async () => {
  await nc.close()
  await nats.stop()
})

const HISTORY = historyStream(0)
const NOW = timestampFromDate(new Date('2026-01-01'))
const word = () => `words ${newId()}`

async function append(stream: string, subject: string, actorId: string, body: EventBody): Promise<number> {
  const id = newId()
  const event = create(EventSchema, { commandId: id, actorId, version: 1, body })
  const result = await store.append({
    stream,
    subject,
    commit: create(CommitSchema, { id, time: NOW, events: [event] }),
  })
  if (result.kind !== 'appended') throw new Error('refused')
  return result.seq
}
const inGroup = (groupId: string, lane: LaneName, actorId: string, body: EventBody) =>
  append(HISTORY, historySubject(0, groupId, lane), actorId, body)

/** A group in which all texts say `text`. */
async function group(text: string, bob = newId()): Promise<string> {
  const [groupId, ann] = [newId(), newId()]
  const roster = (body: EventBody, actorId = ann) => inGroup(groupId, 'roster', actorId, body)
  await inGroup(groupId, 'group', ann, {
    case: 'groupCreated',
    value: create(GroupCreatedSchema, { name: text, topic: text, ownerId: ann, memberIds: [ann] }),
  })
  await roster({ case: 'groupUpdated', value: create(GroupUpdatedSchema, { name: text, topic: text }) })
  await roster({ case: 'webhookCreated', value: create(WebhookCreatedSchema, { webhookId: newId(), name: text }) })
  await roster({ case: 'inviteCreated', value: create(InviteCreatedSchema, { inviteId: newId(), name: text }) })
  await roster({ case: 'joinRequested', value: create(JoinRequestedSchema, { userId: bob, note: text }) }, bob)
  await roster({ case: 'memberJoined', value: create(MemberJoinedSchema, { userId: bob }) })
  await roster({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: bob, reason: text }) })
  return groupId
}
const say = (groupId: string, text: string) =>
  inGroup(groupId, 'messages', newId(), {
    case: 'messagePosted',
    value: create(MessagePostedSchema, { messageId: newId(), text }),
  })
const end = (groupId: string) =>
  inGroup(groupId, 'roster', '', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
const goes = (userId: string) =>
  append(PEOPLE_STREAM, goneSubject(userId), userId, { case: 'personGone', value: create(PersonGoneSchema) })
const hold = (who: { groupId?: string; userId?: string }, held: boolean) =>
  append(RETENTION_STREAM, 'retention.policy', '', {
    case: 'holdChanged',
    value: create(HoldChangedSchema, { ...who, held }),
  })

async function everything(): Promise<StoredCommit[]> {
  const found: StoredCommit[] = []
  for (let afterSeq = 0; ; ) {
    const page = await store.read(HISTORY, { afterSeq, limit: 100 })
    const last = page.at(-1)
    if (!last) return found
    found.push(...page)
    afterSeq = last.seq
  }
}
const facts = async () =>
  (await everything()).map(({ seq, subject, commit }) => [
    seq,
    subject,
    commit.id,
    commit.events.map(({ body, actorId }) => [body.case, actorId]),
  ])

async function run(): Promise<Record<string, number>> {
  const done: Record<string, number> = {}
  // As the command does; the others are not what this is about.
  if ((await streamsOfNewest(nc)).includes(HISTORY)) await rewrite(nc, HISTORY)
  for await (const { name, emptied } of rewriteHistories(nc, 1)) done[name] = emptied
  return done
}
const onDisk = async (...words: string[]) =>
  new Set((await filesWith(nats.folder, words)).map((found) => found.split(' in ')[0]))

/** The server deletes the files of a stream in the background. */
const expectOnDisk = (words: readonly string[], left: readonly string[]) =>
  expect.poll(() => onDisk(...words)).toEqual(new Set(left))

test('texts of a deleted group, and of a deleted account, are nowhere on the disk; all else is as before', async () => {
  const [over, kept, ofBob] = [word(), word(), word()]
  const bob = newId()
  const ended = await group(over)
  const living = await group(kept)
  const said = await say(living, kept)
  const erased = await say(living, word())
  await group(ofBob, bob)
  await end(ended)
  await goes(bob)
  await store.erase(HISTORY, erased)
  await say(living, kept)
  const manager = await jetstreamManager(nc)
  const { config, state } = await manager.streams.info(HISTORY)
  const before = await facts()
  expect(await onDisk(over, kept, ofBob)).toEqual(new Set([over, kept, ofBob]))

  expect(await run()).toEqual({ [HISTORY]: 8 })
  // The names of the group stay that goes on, also those that somebody gave who is gone by now.
  await expectOnDisk([over, kept], [kept])
  const texts = (await everything()).flatMap(({ commit }) => commit.events.map(({ body }) => body))
  const ofLiving = texts.filter((body) =>
    JSON.stringify(body.value, (_, value) => (typeof value === 'bigint' ? `${value}` : value)).includes(ofBob),
  )
  expect(ofLiving.map((body) => body.case)).toEqual(['groupCreated', 'groupUpdated', 'webhookCreated', 'inviteCreated'])

  const after = await manager.streams.info(HISTORY)
  expect(after.config).toEqual(config)
  const { first_seq, last_seq, messages } = state
  expect(after.state).toMatchObject({ first_seq, last_seq, messages })
  expect(await facts()).toEqual(before)
  expect((await store.read(HISTORY, { afterSeq: said - 1, limit: 1 }))[0]?.commit.events[0]?.body.value).toMatchObject({
    text: kept,
  })
  // And it goes on.
  expect(await say(living, kept)).toBe(last_seq + 1)
  expect(await run()).toEqual({ [HISTORY]: 0 })
})

test('what a legal hold keeps stays until it is released', async () => {
  const [ofGroup, ofPerson] = [word(), word()]
  const bob = newId()
  const groupId = await group(ofGroup)
  await group(ofPerson, bob)
  await end(groupId)
  await goes(bob)
  await hold({ groupId }, true)
  await hold({ userId: bob }, true)
  // The reason of the ban is somebody else's word.
  expect(await run()).toEqual({ [HISTORY]: 1 })
  await hold({ groupId }, false)
  await hold({ userId: bob }, false)
  expect(await run()).toEqual({ [HISTORY]: 7 })
  await expectOnDisk([ofGroup], [])
})

test('a run that was interrupted is taken up again, wherever it stopped', async () => {
  const manager = await jetstreamManager(nc)
  const { add, delete: remove, update, purge } = manager.streams
  const prototype = Object.getPrototypeOf(manager.streams) as Record<string, unknown>
  for (let steps = 0; steps < 10; steps++) {
    const text = word()
    await end(await group(text))
    const before = await facts()
    let left = steps
    const stopping = (real: (...args: never[]) => Promise<unknown>) =>
      async function step(this: unknown, ...args: never[]) {
        if (left-- <= 0) throw new Error('the operator has stopped it')
        return real.apply(this, args)
      }
    const steppers = { add: stopping(add), delete: stopping(remove), update: stopping(update), purge: stopping(purge) }
    Object.assign(prototype, steppers)
    const first = async () => {
      for await (const { name } of rewriteHistories(nc, 1)) expect(name).toBe(HISTORY)
    }
    await first().catch((error: unknown) => expect(String(error)).toContain('the operator'))
    Object.assign(prototype, { add, delete: remove, update, purge })
    await run()
    expect(await facts()).toEqual(before)
    await expectOnDisk([text], [])
    const names = (await manager.streams.list().next()).map(({ config }) => config.name)
    expect(names.filter((name) => name.startsWith(HISTORY))).toEqual([HISTORY])
  }
})

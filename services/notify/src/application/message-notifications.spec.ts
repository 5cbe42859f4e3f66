import { commandCommit, type EventBody, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject, NOTIFY_STREAM, notifyPushSubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { PushSubscribedSchema } from '@beseda/proto/notify/v1/events'
import { type Note } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { expect, test, vi } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import { notifyView } from '../projections/notify-view.js'
import { MessagePushes } from './messages.js'
import type { Change, Memory } from './ports.js'
import { Sender } from './sender.js'
import { Subscriptions } from './subscriptions.js'

const STREAM = historyStream(0)
const STREAMS = [STREAM, PEOPLE_STREAM, NOTIFY_STREAM]
const NOW = new Date('2026-01-01T00:00:00Z')
const PAUSE_MS = 200

/** What all replicas share. A pause begins with the first message, and lasts. */
function sharedMemory(): Memory {
  const paused = new Map<string, number>()
  const read = new Map<string, number>()
  const changes = new Map<string, Change>()
  return {
    claim: async (userId, groupId) => {
      const now = performance.now()
      const until = paused.get(userId + groupId) ?? now
      if (until <= now) paused.set(userId + groupId, now + PAUSE_MS)
      return { first: until <= now, leftMs: until - now }
    },
    change: async (id, change) => void changes.set(id, change),
    changeOf: async (id) => changes.get(id),
    read: async (userId, groupId, seq) => void read.set(userId + groupId, seq),
    readUpTo: async (userId, groupId) => read.get(userId + groupId) ?? 0,
    shown: async () => undefined,
    takeShown: async () => [],
    told: async () => undefined,
    whoWasTold: async () => [],
    takeTold: async () => [],
  }
}

test('what one replica holds is not told when another hears that it was read; what came after the reading is', async () => {
  const store = new MemoryEventStore()
  const [groupId, ann, bob] = [newId(), newId(), newId()]
  const append = async (stream: string, subject: string, body: EventBody) => {
    const commit = commandCommit({ commandId: newId(), actorId: ann, now: NOW }, [body])
    const result = await store.append({ stream, subject, commit })
    return { stream, subject, seq: result.kind === 'appended' ? result.seq : 0, commit, bytes: new Uint8Array() }
  }
  const founding = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'G', ownerId: ann, memberIds: [ann, bob] })
  await append(STREAM, historySubject(0, groupId, 'group'), { case: 'groupCreated', value: founding })
  const device = create(PushSubscribedSchema, { deviceId: newId(), endpoint: 'https://push.example/bob', locale: 'en' })
  await append(NOTIFY_STREAM, notifyPushSubject(bob, newId()), { case: 'pushSubscribed', value: device })
  const post = (text: string) =>
    append(STREAM, historySubject(0, groupId, 'messages'), {
      case: 'messagePosted',
      value: create(MessagePostedSchema, { messageId: newId(), authorId: ann, text }),
    })

  const told: string[] = []
  const gateway = {
    publicKey: new Uint8Array(),
    requireAllowed: () => undefined,
    send: async (_: unknown, payload: string) => {
      const note = JSON.parse(payload) as Note
      told.push(note.kind === 'message' ? note.text : note.kind)
      return { kind: 'sent' } as const
    },
  }
  const people = { names: async () => new Map(), attention: async () => new Map(), endedSessions: async () => [] }
  const memory = sharedMemory()
  const { history, stop } = await replica(store, STREAMS, notifyView)
  const one = () => {
    const subscriptions = new Subscriptions(history, people, gateway)
    const sender = new Sender(gateway, subscriptions, { pushed: () => undefined })
    return new MessagePushes(history, people, subscriptions, memory, sender, (error) => {
      throw error
    })
  }
  const [first, second] = [one(), one()]
  const now = NOW.getTime()
  await first.posted(groupId, await post('at once'), now)
  const held = await post('held and read')
  await first.posted(groupId, held, now)
  await second.read(bob, groupId, held.seq, now)
  await second.posted(groupId, await post('after the reading'), now)
  await vi.waitFor(() => expect(told).toContain('after the reading'))
  first.stop()
  second.stop()
  expect(told).toEqual(['at once', 'after the reading'])
  await stop()
})

import { newId } from '@beseda/kernel'
import { MessageEditedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { beforeEach, expect, test } from 'vitest'
import type { Sinks } from '../application/ports.js'
import { contentOf, type Outgoing } from '../domain/outgoing.js'

/** A sink under test, and how to look into it from outside. */
export interface SinkUnderTest {
  readonly sinks: Sinks
  /** Ids of a group's events in order, each once: `<seq>/<index>`. Resolves when there are at least `count`. */
  ids(groupId: string, count: number): Promise<readonly string[]>
  /** The newest text of a message; undefined: there is none, or it is erased. Resolves when it is what is expected, or not at all. */
  text(groupId: string, messageId: string, expected: string | undefined): Promise<string | undefined>
}

/** What every sink promises. */
export function sinkContract(under: () => SinkUnderTest): void {
  /** No place of the log is used twice: an id stands for one event. */
  let base = 0
  beforeEach(() => {
    base += 1_000
  })
  const began = Date.now()
  const place = (seq: number, index: number) => ({ stream: 'HISTORY_0', seq: base + seq, index })
  const places = (...at: readonly string[]) =>
    at.map((one) => {
      const [seq = 0, index = 0] = one.split('/').map(Number)
      return `${base + seq}/${index}`
    })
  const outgoing = (groupId: string, seq: number, body: Event['body'], index = 0): Outgoing => {
    const event = create(EventSchema, { commandId: newId(), actorId: newId(), body })
    const common = { groupId, lane: 'messages' as const, at: began + base + seq, traceparent: '' }
    const placed = { ...common, place: place(seq, index), event }
    return { kind: 'event', placed, messageId: contentOf(event) }
  }
  const posted = (messageId: string, text: string): Event['body'] => ({
    case: 'messagePosted',
    value: create(MessagePostedSchema, { messageId, text, authorId: newId() }),
  })
  const edited = (messageId: string, text: string): Event['body'] => ({
    case: 'messageEdited',
    value: create(MessageEditedSchema, { messageId, text }),
  })
  const added: Event['body'] = { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: [newId()] }) }

  test('keeps the order of each group', async () => {
    const { sinks, ids } = under()
    const sink = await sinks.open()
    const [one, other] = [newId(), newId()]
    await sink.send([outgoing(one, 1, added), outgoing(other, 2, added), outgoing(one, 3, posted(newId(), 'a'))])
    await sink.send([outgoing(one, 4, posted(newId(), 'b')), outgoing(one, 4, posted(newId(), 'c'), 1)])
    await sink.close()
    expect(await ids(one, 4)).toEqual(places('1/0', '3/0', '4/0', '4/1'))
    expect(await ids(other, 1)).toEqual(places('2/0'))
  })

  test('takes a batch again, also by a new client, without showing it twice', async () => {
    const { sinks, ids } = under()
    const groupId = newId()
    const batch = [outgoing(groupId, 1, added), outgoing(groupId, 2, posted(newId(), 'a'))]
    const first = await sinks.open()
    await first.send(batch)
    await first.send(batch)
    await first.close()
    const second = await sinks.open()
    await second.send([...batch, outgoing(groupId, 3, added)])
    await second.close()
    expect(await ids(groupId, 3)).toEqual(places('1/0', '2/0', '3/0'))
  })

  test('has the newest text of a message, and nothing of one that was erased', async () => {
    const { sinks, text, ids } = under()
    const [groupId, kept, gone] = [newId(), newId(), newId()]
    const sink = await sinks.open()
    const batch = [
      outgoing(groupId, 1, posted(kept, 'first')),
      outgoing(groupId, 2, posted(gone, 'secret')),
      outgoing(groupId, 3, edited(kept, 'second')),
    ]
    await sink.send(batch)
    expect(await text(groupId, gone, 'secret')).toBe('secret')
    const erased = { kind: 'erased', groupId, messageId: gone } as const
    await sink.send([erased])
    expect([await text(groupId, kept, 'second'), await text(groupId, gone, undefined)]).toEqual(['second', undefined])
    // An erasure that comes again, and one of a message that never arrived.
    await sink.send([erased, { kind: 'erased', groupId, messageId: newId() }])
    await sink.close()
    expect(await ids(groupId, 3)).toEqual(places('1/0', '2/0', '3/0'))
  })
}

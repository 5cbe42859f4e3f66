import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { blockSubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { groupWorld, logWriter } from '../../../../testing/group-world.js'
import { LaggingLog } from '../../../../testing/lagging.js'
import { refusalOf } from '../../../../testing/refusal-of.js'

/**
 * Whoever was answered that somebody is blocked gets nothing new from them, also by way of a replica that has not heard of the block yet.
 */
const signal = new AbortController().signal
const caller = (userId: string) => ({
  ...{ commandId: newId(), userId, now: new Date(1_000), traceparent: undefined, signal },
})

async function chat() {
  const log = new LaggingLog(new MemoryEventStore())
  const world = await groupWorld({}, log)
  const groupId = await world.found(['ann', 'bob'], GroupKind.DIRECT)
  const post = (authorId: string) =>
    world.posting.post({
      ...{ messageId: newId(), groupId, authorId, text: 'hello', replyTo: '', threadId: '', attachments: [] },
      ...{ forward: undefined, now: new Date(1_000), traceparent: undefined, signal },
    })
  const { place } = await post('ann')
  /** As identity writes it; this replica hears of it when it asks. */
  const setBlocked = async (blocked: boolean) => {
    log.hold()
    const body = { case: 'blockChanged' as const, value: create(BlockChangedSchema, { blocked }) }
    await logWriter(log).write(PEOPLE_STREAM, blockSubject('bob', 'ann'), body, 'bob')
  }
  return { world, groupId, post, messageId: place.id, setBlocked }
}

type Chat = Awaited<ReturnType<typeof chat>>

test.each<[string, (chat: Chat) => Promise<unknown>]>([
  ['a post', ({ post }) => post('ann')],
  ['a post by the one who blocks', ({ post }) => post('bob')],
  ['an edit', ({ world, groupId, messageId }) => world.changes.edit(groupId, messageId, 'look', caller('ann'))],
  ['a reaction', ({ world, groupId, messageId }) => world.changes.react(groupId, messageId, '👍', true, caller('ann'))],
])('%s after a block is refused, and after its end accepted', async (_, act) => {
  const one = await chat()
  await one.setBlocked(true)
  expect(await refusalOf(act(one))).toBe('BLOCKED')
  await one.setBlocked(false)
  expect(await refusalOf(act(one))).toBe('accepted')
})

import { commandCommit, type MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupCreatedSchema, GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import type { Eraser } from '../group/src/history/application/eraser.js'
import type { groupParts } from './group-parts.js'

/** What people do in a group while erasers of several replicas are at work. */
const STREAM = historyStream(0)
export const PEOPLE = ['ann', 'bob', 'eve'] as const
export const NOW = new Date('2026-01-01T00:00:00Z')
/** By then everything that disappears has done so; before the clock of the test's machine, which readers go by. */
export const LATER = new Date('2026-01-02T00:00:00Z')

export const action = fc.record({
  replica: fc.constantFrom(0, 1),
  who: fc.constantFrom(...PEOPLE),
  which: fc.nat({ max: 11 }),
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('post', 'reply', 'thread', 'vanishing') },
    { weight: 3, arbitrary: fc.constant('edit') },
    { weight: 4, arbitrary: fc.constant('delete') },
    { weight: 2, arbitrary: fc.constantFrom('react', 'pin') },
    { weight: 4, arbitrary: fc.constant('erase') },
  ),
})
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

export async function found(store: MemoryEventStore): Promise<string> {
  const groupId = newId()
  const value = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'x', ownerId: 'ann', memberIds: [...PEOPLE] })
  const commit = commandCommit({ commandId: groupId, actorId: 'ann', now: NOW }, [{ case: 'groupCreated', value }])
  await store.append({ stream: STREAM, subject: historySubject(0, groupId, 'group'), commit })
  return groupId
}

type Player = Pick<ReturnType<typeof groupParts>, 'lane' | 'changes' | 'messages'> & {
  readonly eraser: Pick<Eraser, 'round'>
}

/** `words`: what was said, and in which message. */
export function play(
  part: Player,
  groupId: string,
  ids: string[],
  words: Map<string, string>,
  { who, which, what }: Action,
) {
  const { lane, changes, eraser, messages } = part
  const { signal } = new AbortController()
  const caller = { commandId: newId(), userId: who, now: NOW, traceparent: undefined, signal }
  const target = ids[which % Math.max(1, ids.length)] ?? newId()
  const wordOf = (messageId: string) => {
    const word = `word${words.size}q`
    words.set(word, messageId)
    return word
  }
  const post = (more: { replyTo?: string; threadId?: string; expiresAt?: Timestamp } = {}) => {
    const messageId = newId()
    const text = wordOf(messageId)
    ids.push(messageId)
    const decide = () => {
      if (messages.place(groupId, messageId)) return undefined
      const about = more.threadId ?? more.replyTo
      const head = about === undefined ? undefined : messages.place(groupId, about)
      if (about !== undefined && (head?.deleted !== false || (more.threadId && head.threadId !== ''))) {
        throw new Refusal(ErrorReason.INVALID_REQUEST)
      }
      // As a reply is posted now; every other as it was before replies named the author.
      const replied = more.replyTo !== undefined && words.size % 2 === 0 ? head?.authorId : undefined
      const mentions = replied === undefined ? {} : { mentions: { repliedUserId: replied } }
      const value = create(MessagePostedSchema, { messageId, authorId: who, text, ...more, ...mentions })
      return { case: 'messagePosted' as const, value }
    }
    const change = { commandId: messageId, actorId: who, now: NOW, traceparent: undefined, signal, size: 10, decide }
    // Sent twice, as by a replica that was thought dead: of two with one id the second is none.
    return Promise.all([lane.submit(groupId, change), lane.submit(groupId, change)])
  }
  switch (what) {
    case 'post':
      return post()
    case 'reply':
      return post({ replyTo: target })
    case 'thread':
      return post({ threadId: target })
    case 'vanishing':
      return post({ expiresAt: timestampFromMs(LATER.getTime()) })
    case 'edit':
      return changes.edit(groupId, target, wordOf(target), caller)
    case 'delete':
      return changes.delete(groupId, target, { ...caller, userId: 'ann' })
    case 'react':
      return changes.react(groupId, target, '👍', which % 2 === 0, caller)
    case 'pin':
      return changes.pin(groupId, target, which % 3 !== 0, caller)
    default:
      return eraser.round(NOW)
  }
}

/** Carries out all actions at once, each at its replica, and waits for them. What the service refuses is refused; other errors are thrown. */
export async function playAll(
  parts: readonly Player[],
  groupId: string,
  actions: readonly Action[],
  words: Map<string, string>,
  s: fc.Scheduler,
): Promise<void> {
  const ids: string[] = []
  const attempts = actions.map(async (one) => {
    const part = parts[one.replica]
    await (part && play(part, groupId, ids, words, one))?.catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error
    })
  })
  await s.waitFor(Promise.all(attempts))
}

import { newId } from '@beseda/kernel'
import type { PollStanding } from '@beseda/proto/group/v1/poll_service'
import { useEventListener } from '@vueuse/core'
import { defineStore } from 'pinia'
import { onScopeDispose, shallowReactive } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { connection, polls } from '../../../net/index.js'
import { useAccount } from '../../../stores/account.js'
import { msOf } from '../../../sync/model/convert.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { type Standing, withAnswer, withCommit } from './standing.js'

interface Asked {
  readonly groupId: string
  readonly messageId: string
  /** What I have chosen on another device is in no event. */
  readonly anonymous: boolean
  /** Sequence of the newest vote that was told. */
  told: bigint
  /** Cards that show it. */
  shown: number
}

/** Polls that were shown on this device, as they stand: asked for once, and kept up to date by what the log tells. */
export const usePolls = defineStore('polls', () => {
  const account = useAccount()
  const known = shallowReactive(new Map<string, Standing>())
  const asked = new Map<string, Asked>()
  /** Why nothing is known of a poll. */
  const failed = shallowReactive(new Map<string, unknown>())

  function take({ groupId, messageId }: Pick<Asked, 'groupId' | 'messageId'>, answer: PollStanding | undefined): void {
    const key = keyOf(groupId, messageId)
    if (!answer || !asked.has(key)) return
    known.set(key, withAnswer(known.get(key), answer))
    failed.delete(key)
  }

  /** Errors: those of GetPoll. A vote that was told while an answer was on its way is asked for once more. */
  async function fetch(poll: Asked): Promise<void> {
    const { groupId, messageId, told: minSeq } = poll
    const { standing } = await polls.getPoll({ groupId, messageId, minSeq })
    take(poll, standing)
    if (standing && standing.messagesSeq < poll.told && minSeq < poll.told) await fetch(poll)
  }
  function forget(groupId: string, messageId: string): void {
    const key = keyOf(groupId, messageId)
    for (const all of [asked, known, failed]) all.delete(key)
  }
  const refresh = (poll: Asked): void =>
    void fetch(poll).catch((error: unknown) => {
      handled('polls')(error)
      failed.set(keyOf(poll.groupId, poll.messageId), error)
    })

  connection.on('commit', (frame) => {
    if (asked.size === 0) return
    const { events, time } = decodedCommit(frame)
    for (const { body } of events) if (body.case === 'messageDeleted') forget(frame.groupId, body.value.messageId)
    const change = { events, seq: Number(frame.seq), at: msOf(time) }
    for (const messageId of new Set(events.flatMap(({ body }) => (isVote(body) ? [body.value.messageId] : [])))) {
      const key = keyOf(frame.groupId, messageId)
      const poll = asked.get(key)
      if (!poll) continue
      poll.told = frame.seq
      const standing = known.get(key)
      if (standing) known.set(key, withCommit(standing, messageId, change, account.userId))
    }
  })
  /** Votes were missed. */
  connection.on('snapshotRequired', ({ head }) => {
    for (const poll of asked.values()) {
      if (poll.groupId !== head?.groupId) continue
      known.delete(keyOf(poll.groupId, poll.messageId))
      poll.told = 0n
      refresh(poll)
    }
  })
  /** What could not be asked for. */
  connection.on('live', () => {
    for (const key of failed.keys()) askAgain(key)
  })
  /** Somebody comes back to this device, perhaps from another one: what is on the screen is asked for. */
  useEventListener(document, 'visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    for (const poll of asked.values()) if (poll.anonymous && poll.shown > 0) refresh(poll)
  })

  function askAgain(key: string): void {
    const poll = asked.get(key)
    failed.delete(key)
    if (poll) refresh(poll)
  }

  /** A card shows it, as long as it is there. */
  function show(groupId: string, message: ChatMessage): void {
    of(groupId, message)
    const poll = asked.get(keyOf(groupId, message.id))
    if (!poll) return
    poll.shown++
    if (failed.has(keyOf(groupId, message.id))) askAgain(keyOf(groupId, message.id))
    onScopeDispose(() => void poll.shown--)
  }

  /** Undefined until it is known. */
  function of(groupId: string, { id: messageId, poll }: ChatMessage): Standing | undefined {
    const key = keyOf(groupId, messageId)
    if (!asked.has(key)) {
      const one = { groupId, messageId, anonymous: poll?.anonymous ?? false, told: 0n, shown: 0 }
      asked.set(key, one)
      refresh(one)
    }
    return known.get(key)
  }

  /** Errors: those of VotePoll; then the poll is as the server has it. */
  async function vote(groupId: string, { id: messageId, text: question }: ChatMessage, options: readonly number[]) {
    const request = { commandId: newId(), groupId, messageId, question, options: [...options] }
    try {
      take(request, (await polls.votePoll(request)).standing)
    } catch (error) {
      const poll = asked.get(keyOf(groupId, messageId))
      if (poll) refresh(poll)
      throw error
    }
  }

  async function end(groupId: string, messageId: string): Promise<void> {
    const request = { commandId: newId(), groupId, messageId }
    take(request, (await polls.endPoll(request)).standing)
  }

  /** Undefined: nothing has failed. */
  const errorOf = (groupId: string, messageId: string): unknown => failed.get(keyOf(groupId, messageId))
  const retry = (groupId: string, messageId: string): void => askAgain(keyOf(groupId, messageId))

  return { of, show, vote, end, errorOf, retry }
})

const keyOf = (groupId: string, messageId: string): string => `${groupId} ${messageId}`
const isVote = (body: {
  readonly case: unknown
}): body is { case: 'pollVoted' | 'pollEnded'; value: { messageId: string } } =>
  body.case === 'pollVoted' || body.case === 'pollEnded'

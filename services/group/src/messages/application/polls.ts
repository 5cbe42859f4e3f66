import type { Caller } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { type Poll, PollEndedSchema } from '@beseda/proto/group/v1/events'
import { permit, refuseMuted } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { scopeOf } from '../../groups/application/records.js'
import {
  endOf,
  isSameVote,
  type PollState,
  requireOptions,
  tallyWith,
  type Vote,
  votedEvent,
  voteOf,
} from '../domain/poll.js'
import type { ChangesAbout, Decide } from './changes-about.js'
import type { DecidedChange } from './message-lane.js'
import type { MessageStore, PollStore } from './ports.js'

/** How a poll stands, for one person. */
export interface Standing extends Pick<PollState, 'tally' | 'voters'> {
  readonly mine: readonly number[]
  /** Unix ms; 0: it goes on. */
  readonly endedAt: number
  readonly messagesSeq: number
}

/** Votes in polls. Errors of all: NOT_A_MEMBER, MESSAGE_NOT_FOUND; INVALID_REQUEST when the message is no poll. */
export class Polls {
  constructor(
    private readonly about: ChangesAbout,
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'member'>,
    private readonly messages: Pick<MessageStore, 'content' | 'visible'>,
    private readonly polls: PollStore,
  ) {}

  /**
   * What a person chooses, instead of what they chose before. A muted member may take back what they have chosen. `question`: as they have
   * read it; empty: whatever it is. Errors: POLL_ENDED, POLL_CHANGED, MUTED, BLOCKED, ARCHIVED, INVALID_REQUEST.
   */
  async vote(
    groupId: string,
    messageId: string,
    chosen: readonly number[],
    caller: Caller,
    question = '',
  ): Promise<Standing> {
    const { userId, now } = caller
    const decide: Decide = ({ group, member }, _, before) => {
      const { poll, text } = this.#asked(groupId, messageId)
      const options = requireOptions(poll, chosen)
      const state = votesIn(before, messageId, this.polls.state(groupId, messageId, poll.options.length))
      const mine = lastVoteIn(before, messageId, userId) ?? this.polls.vote(groupId, messageId, userId)
      if (isSameVote(mine, options)) return undefined
      if (endOf(poll, state.endedAt, now.getTime()) > 0) throw new Refusal(ErrorReason.POLL_ENDED)
      if (question !== '' && question !== text) throw new Refusal(ErrorReason.POLL_CHANGED)
      if (!options.every((option) => mine.includes(option))) {
        refuseMuted(member, now.getTime())
        this.access.refuseBlocked(group, userId)
      }
      const value = votedEvent(messageId, { userId, options }, poll, tallyWith(state, mine, options))
      return { event: { case: 'pollVoted', value }, guard: this.#guard(groupId, messageId) }
    }
    const seq = await this.about.submit(groupId, messageId, caller, { size: 150, decide })
    return this.standing(groupId, messageId, userId, seq, caller.signal)
  }

  /** By its author, or by somebody who may delete messages of others. Errors: NOT_PERMITTED, ARCHIVED. */
  async end(groupId: string, messageId: string, caller: Caller): Promise<Standing> {
    const { userId, now } = caller
    const decide: Decide = ({ group, member }, message, before) => {
      const poll = this.#poll(groupId, messageId)
      if (message.authorId !== userId) {
        const target = { role: this.groups.member(groupId, message.authorId)?.role }
        permit(Permission.DELETE_MESSAGES, scopeOf(group), member, now.getTime(), target)
      }
      const { endedAt } = votesIn(before, messageId, this.polls.state(groupId, messageId, poll.options.length))
      if (endOf(poll, endedAt, now.getTime()) > 0) return undefined
      const value = create(PollEndedSchema, { messageId })
      return { event: { case: 'pollEnded', value }, guard: this.#guard(groupId, messageId) }
    }
    const seq = await this.about.submit(groupId, messageId, caller, { size: 100, decide })
    return this.standing(groupId, messageId, userId, seq, caller.signal)
  }

  standing(groupId: string, messageId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Standing> {
    return this.access.asMember(groupId, userId, minSeq, signal, (visit) => {
      const poll = this.#seen(groupId, messageId, visit)
      const { tally, voters, endedAt } = this.polls.state(groupId, messageId, poll.options.length)
      return {
        ...{ tally, voters, mine: this.polls.vote(groupId, messageId, userId) },
        endedAt: endOf(poll, endedAt, visit.reader.now),
        messagesSeq: visit.group.messagesSeq,
      }
    })
  }

  /** Who has chosen an option. Errors: POLL_ANONYMOUS, INVALID_REQUEST. */
  voters(
    groupId: string,
    messageId: string,
    option: number,
    userId: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return this.access.asMember(groupId, userId, 0, signal, (visit) => {
      const poll = this.#seen(groupId, messageId, visit)
      if (poll.anonymous) throw new Refusal(ErrorReason.POLL_ANONYMOUS)
      if (option >= poll.options.length) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'option' })
      return this.polls.voters(groupId, messageId, option)
    })
  }

  #seen(groupId: string, messageId: string, { reader }: Visit): Poll {
    const message = this.messages.visible(groupId, messageId, reader)
    if (!message || message.deleted) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
    return this.#poll(groupId, messageId)
  }

  #poll(groupId: string, messageId: string): Poll {
    return this.#asked(groupId, messageId).poll
  }

  #asked(groupId: string, messageId: string): { readonly poll: Poll; readonly text: string } {
    const { poll, text = '' } = this.messages.content(groupId, messageId) ?? {}
    if (!poll) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'message_id' })
    return { poll, text }
  }

  #guard(groupId: string, messageId: string): string {
    return pollGuard(messageId, this.polls.lastSeq(groupId, messageId))
  }
}

/** What a vote, the end, and an edit of the question are decided on: of two commits that change a poll one is decided again (ADR 62). */
export const pollGuard = (messageId: string, lastSeq: number): string => `poll ${messageId} ${lastSeq}`

/** How the poll will stand once the commit so far is written: each vote says how it stands with it. */
export function votesIn(before: readonly DecidedChange[], messageId: string, stored: PollState): PollState {
  let state = stored
  for (const { change, body } of before) {
    if (body?.case === 'pollVoted' && body.value.messageId === messageId) {
      state = { ...state, tally: body.value.tally, voters: body.value.voters }
    }
    if (body?.case === 'pollEnded' && body.value.messageId === messageId) {
      state = { ...state, endedAt: change.now.getTime() }
    }
  }
  return state
}

/** What a person has chosen in the commit so far; undefined: they have not voted in it. */
function lastVoteIn(before: readonly DecidedChange[], messageId: string, userId: string): Vote['options'] | undefined {
  const votes = before.flatMap(({ change: { actorId }, body }) =>
    body?.case === 'pollVoted' && body.value.messageId === messageId ? [voteOf(actorId, body.value)] : [],
  )
  return votes.findLast((vote) => vote.userId === userId)?.options
}

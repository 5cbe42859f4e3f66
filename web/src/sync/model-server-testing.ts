import { cursorOf, type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import type { LaneName } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import {
  GroupUpdatedSchema,
  MentionsSchema,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  PinChangedSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import {
  ListMessagesResponseSchema,
  type Message,
  MessageSchema,
  type ReadState,
  ReadStateSchema,
} from '@beseda/proto/group/v1/group_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import {
  JoinDeclinedSchema,
  JoinRequestedSchema,
  MemberJoinedSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { ListMembersResponseSchema, ListMyGroupsResponseSchema } from '@beseda/proto/membership/v1/membership_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'

/** What somebody tries to do; what is not possible at that point of the history does nothing. */
export interface Intent {
  readonly what: (typeof ACTIONS)[number]
  readonly who: 'ann' | 'bob' | 'cyd'
  readonly message: number
  readonly yes: boolean
}
const ACTIONS = [
  ...(['post', 'post', 'answer', 'both', 'edit', 'delete', 'react', 'pin'] as const),
  ...(['ask', 'ask', 'decline', 'approve', 'add', 'remove', 'promote', 'promoteMe', 'mute', 'rename'] as const),
]
export const intent: fc.Arbitrary<Intent> = fc.record({
  what: fc.constantFrom(...ACTIONS),
  who: fc.constantFrom('ann' as const, 'bob' as const, 'cyd' as const),
  message: fc.nat({ max: 6 }),
  yes: fc.boolean(),
})

export interface Written {
  readonly lane: LaneName
  readonly seq: number
  readonly prevSeq: number
  readonly event: Pick<Event, 'actorId' | 'body'>
}

/** In the far future, so that mutes last. */
const FOREVER = 4_000_000_000_000
export const GROUP = 'g'
const ME = 'me'
/** Beyond every index. */
const LAST_INDEX = 0xffff

/** One group as the services know it after some of its commits, computed independently of the client's fold. */
class Picture {
  name = 'Name'
  readonly members = new Map<string, Role>([[ME, Role.MEMBER]])
  readonly muted = new Set<string>()
  readonly requests = new Set<string>()
  messages: (Message & { gone?: boolean })[] = []
  heads: LaneHeads = { ...NO_HEADS, group: 1 }

  /** The event that results; undefined: it is not possible. */
  decide({ what, who, message, yes }: Intent): Event['body'] | undefined {
    const userId = who
    const isMember = this.members.has(who)
    const target = this.messages[message % Math.max(1, this.messages.length)]
    const there = target && !target.gone ? target : undefined
    const messageId = there?.id ?? ''
    switch (what) {
      case 'post':
      case 'answer':
      case 'both': {
        const id = `m${this.messages.length}`
        const head = what !== 'post' && there?.threadId === '' && there.alsoInThread === '' ? there.id : ''
        const line = what === 'both' ? { alsoInThread: head } : { threadId: head }
        const mentions = yes ? create(MentionsSchema, { admins: true }) : create(MentionsSchema)
        const value = { messageId: id, authorId: who, text: id, ...line, mentions }
        return { case: 'messagePosted', value: create(MessagePostedSchema, value) }
      }
      case 'edit': {
        const mentions = yes ? create(MentionsSchema, { userIds: [ME] }) : create(MentionsSchema)
        const value = create(MessageEditedSchema, { messageId, text: `${messageId} ${who} ${yes}`, mentions })
        return there && { case: 'messageEdited', value }
      }
      case 'delete': {
        // Placeholders of deleted heads are covered by fold.spec.
        if (!there || this.#answersOf(there.id) > 0) return undefined
        const value = create(MessageDeletedSchema, { messageId, threadId: there.threadId || there.alsoInThread })
        return { case: 'messageDeleted', value }
      }
      case 'react': {
        const value = create(ReactionChangedSchema, { messageId, emoji: '👍', present: yes })
        return there && { case: 'reactionChanged', value }
      }
      case 'pin':
        return there && { case: 'pinChanged', value: create(PinChangedSchema, { messageId, pinned: yes }) }
      case 'ask': {
        if (isMember || this.requests.has(who)) return undefined
        return { case: 'joinRequested', value: create(JoinRequestedSchema, { userId }) }
      }
      case 'decline': {
        const value = create(JoinDeclinedSchema, { userId })
        return this.requests.has(who) ? { case: 'joinDeclined', value } : undefined
      }
      case 'approve': {
        const value = create(MemberJoinedSchema, { userId })
        return this.requests.has(who) ? { case: 'memberJoined', value } : undefined
      }
      case 'add': {
        const value = create(MembersAddedSchema, { userIds: [who] })
        return isMember || this.requests.has(who) ? undefined : { case: 'membersAdded', value }
      }
      case 'remove':
        return isMember ? { case: 'memberRemoved', value: create(MemberRemovedSchema, { userId }) } : undefined
      case 'promote':
      case 'promoteMe': {
        const role = yes ? Role.ADMIN : Role.MEMBER
        const value = create(RoleChangedSchema, { userId: what === 'promote' ? who : ME, role })
        return isMember || what === 'promoteMe' ? { case: 'roleChanged', value } : undefined
      }
      case 'mute': {
        const value = create(MemberMutedSchema, { userId, until: timestampFromMs(yes ? FOREVER : 0) })
        return isMember ? { case: 'memberMuted', value } : undefined
      }
      case 'rename':
        return { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name: `Name ${message} ${yes}` }) }
    }
  }

  apply({ lane, seq, event: { body, actorId } }: Written): void {
    this.heads = { ...this.heads, [lane]: seq }
    const change = (id: string, make: (message: Message & { gone?: boolean }) => object) => {
      this.messages = this.messages.map((one) => (one.id === id ? { ...one, ...make(one) } : one))
    }
    switch (body.case) {
      case 'messagePosted': {
        const { messageId: id, authorId, text, threadId, alsoInThread, mentions } = body.value
        const made = create(MessageSchema, {
          id,
          authorId,
          text,
          threadId,
          alsoInThread,
          seq: BigInt(seq),
          ...(mentions && { mentions }),
        })
        this.messages.push(made)
        break
      }
      case 'messageEdited': {
        const { messageId, text, mentions } = body.value
        change(messageId, () => ({ text, mentions, editedAt: timestampFromMs(seq * 1000) }))
        break
      }
      case 'messageDeleted':
        change(body.value.messageId, () => ({ gone: true }))
        break
      case 'reactionChanged': {
        const { messageId, present } = body.value
        change(messageId, ({ reactions: [reaction] }) => {
          const others = (reaction?.userIds ?? []).filter((id) => id !== actorId)
          const userIds = present ? [...others, actorId] : others
          return { reactions: userIds.length > 0 ? [{ emoji: '👍', userIds }] : [] }
        })
        break
      }
      case 'pinChanged':
        change(body.value.messageId, () => ({ pinned: (body.value as { pinned: boolean }).pinned }))
        break
      case 'joinRequested':
        this.requests.add(body.value.userId)
        break
      case 'joinDeclined':
        this.requests.delete(body.value.userId)
        break
      case 'memberJoined':
        this.requests.delete(body.value.userId)
        this.members.set(body.value.userId, Role.MEMBER)
        break
      case 'membersAdded':
        for (const userId of body.value.userIds) this.members.set(userId, Role.MEMBER)
        break
      case 'memberRemoved':
        this.members.delete(body.value.userId)
        break
      case 'roleChanged':
        this.members.set(body.value.userId, body.value.role)
        break
      case 'memberMuted':
        if (body.value.until?.seconds) this.muted.add(body.value.userId)
        else this.muted.delete(body.value.userId)
        break
      case 'groupUpdated':
        this.name = body.value.name ?? this.name
        break
    }
  }

  #answersOf = (id: string): number => this.messages.filter((one) => isIn(one, id) && !one.gone).length
  readonly answersOf = (id: string): number => this.#answersOf(id)
}

/** Whether it is shown in a line: the main one, or a thread. */
const isIn = ({ threadId, alsoInThread }: Message, line: string): boolean =>
  threadId === line || (line !== '' && alsoInThread === line)

/** How far the person has read: the main line, and each thread. */
interface Marks {
  /** Undefined: nothing was read yet. */
  readonly main?: number
  readonly backs: number
  readonly markedUnread: boolean
  readonly threads: Readonly<Record<string, number>>
}

/** A group with a complete log, and services that respond as of any position in it. */
export class ModelServer {
  readonly log: Written[] = []
  readonly hidden: string[] = []
  /** Every state of the marks: a replica may respond with an older one. */
  readonly #marks: Marks[] = [{ threads: {}, backs: 0, markedUnread: false }]

  constructor(intents: readonly Intent[]) {
    const now = new Picture()
    for (const one of intents) {
      const body = now.decide(one)
      if (!body) continue
      const lane = laneOfBody(body)
      const actorId = body.case === 'reactionChanged' ? one.who : 'ann'
      const seq = this.log.length + 2
      const written = {
        lane,
        seq,
        prevSeq: now.heads[lane],
        event: { actorId: actorId === 'ann' && body.case === 'memberJoined' ? 'admin' : actorId, body },
      }
      this.log.push(written)
      now.apply(written)
    }
  }

  /** Sequence of the newest commit. The first one created the group. */
  get end(): number {
    return this.log.length + 1
  }

  at(position: number): Picture {
    const picture = new Picture()
    for (const written of this.log) if (written.seq <= position) picture.apply(written)
    return picture
  }

  head = (position: number): Cursor => cursorOf(GROUP, 'e', this.at(position).heads)

  myGroups(position: number) {
    const { name, members, requests, muted } = this.at(position)
    const group = {
      ...{ groupId: GROUP, name, joinRequests: requests.size, asOfSeq: BigInt(position), memberCount: members.size },
      ...{ role: members.get(ME) ?? Role.UNSPECIFIED },
      ...(muted.has(ME) && { mutedUntil: timestampFromMs(FOREVER) }),
    }
    return create(ListMyGroupsResponseSchema, { groups: [group] })
  }

  members(position: number) {
    const { members, muted } = this.at(position)
    return create(ListMembersResponseSchema, {
      asOfSeq: BigInt(position),
      members: [...members].map(([userId, role]) => ({
        ...{ userId, role },
        ...(muted.has(userId) && { mutedUntil: timestampFromMs(FOREVER) }),
      })),
    })
  }

  /** The main timeline, or a thread. */
  messages(position: number, line = '') {
    const picture = this.at(position)
    const shown = picture.messages.filter((one) => !one.gone && isIn(one, line) && !this.hidden.includes(one.id))
    return create(ListMessagesResponseSchema, {
      messagesSeq: BigInt(picture.heads.messages),
      messages: shown.map(({ gone: _, ...message }) => {
        const answers = picture.messages.filter((one) => isIn(one, message.id))
        const replyCount = answers.filter(({ gone }) => !gone).length
        // As the group service has it: a deleted answer was the last activity all the same.
        const last = timestampFromMs(Math.max(0, ...answers.map(({ seq }) => Number(seq))) * 1000)
        return {
          ...message,
          sentAt: timestampFromMs(Number(message.seq) * 1000),
          replyCount,
          ...(replyCount > 0 && { lastReplyAt: last }),
        }
      }),
    })
  }

  /** A device reads the main line (`line` empty) or a thread. `backs`: what it knows of the mark's moves back. */
  read(line: string, seq: number, backs = this.#newest.backs): void {
    const { main = 0, threads } = this.#newest
    const place = Math.min(seq, this.at(this.end).heads.messages)
    if (line !== '') {
      this.#marks.push({ ...this.#newest, threads: { ...threads, [line]: Math.max(threads[line] ?? 0, place) } })
    } else if (backs === this.#newest.backs && place >= main) {
      this.#marks.push({ ...this.#newest, main: place, markedUnread: false })
    }
  }

  /** The message at `seq`, and what comes after it, is unread again. */
  unread(seq: number, backs = this.#newest.backs): void {
    const { main } = this.#newest
    if (backs !== this.#newest.backs) return
    const back = main === undefined ? {} : { main: Math.min(main, seq - 1) }
    this.#marks.push({ ...this.#newest, ...back, backs: backs + 1, markedUnread: true })
  }

  /** `behind`: by how many changes the marks are older. */
  readState(position: number, behind = 0): ReadState {
    const { main, threads, backs, markedUnread } =
      this.#marks[Math.max(0, this.#marks.length - 1 - behind)] ?? this.#newest
    const picture = this.at(position)
    const role = picture.members.get(ME)
    const calls = ({ mentions }: Message) => mentions?.userIds.includes(ME) || (mentions?.admins && role === Role.ADMIN)
    const counts = picture.messages.filter(
      ({ id, gone, seq, threadId }) =>
        !gone && Number(seq) > ((threadId === '' ? main : threads[threadId]) ?? 0) && !this.hidden.includes(id),
    )
    const called = counts.filter(calls)
    const inThreads = called.filter(({ threadId }) => threadId !== '')
    const ids = new Set([...Object.keys(threads), ...inThreads.map(({ threadId }) => threadId)])
    return create(ReadStateSchema, {
      groupId: GROUP,
      readSeq: BigInt(main ?? 0),
      readIndex: main === undefined ? 0 : LAST_INDEX,
      unread: counts.filter(({ threadId }) => threadId === '').length,
      mentions: called.length,
      messagesSeq: BigInt(picture.heads.messages),
      asOfSeq: BigInt(position),
      hidden: this.hidden.length,
      backs,
      markedUnread,
      threads: [...ids].map((threadId) => {
        const own = inThreads.filter((message) => message.threadId === threadId)
        const place = { readSeq: BigInt(threads[threadId] ?? 0), readIndex: threadId in threads ? LAST_INDEX : 0 }
        return { threadId, ...place, mentions: own.length, firstMentionId: own[0]?.id ?? '' }
      }),
    })
  }

  get #newest(): Marks {
    return this.#marks.at(-1) ?? { threads: {}, backs: 0, markedUnread: false }
  }
}

function laneOfBody(body: Event['body']): LaneName {
  if (body.case === 'groupUpdated') return 'group'
  return /^(message|reaction|pin)/.test(body.case ?? '') ? 'messages' : 'roster'
}

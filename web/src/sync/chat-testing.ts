import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { type LaneName, laneOf } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { type Cursor, CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import {
  ListMessagesResponseSchema,
  ListReadStatesResponseSchema,
  MarkReadResponseSchema,
  MessageSchema,
} from '@beseda/proto/group/v1/group_service'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { ListMembersResponseSchema, ListMyGroupsResponseSchema } from '@beseda/proto/membership/v1/membership_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { proxyRefs, ref, shallowRef } from 'vue'
import type { FrameCase, FrameValue } from '../net/link/wire.js'
import { type ChatParts, chatOf } from './chat.js'
import type { ChatApi } from './chat-api.js'
import type { Conversation } from './model/model.js'
import type { OutgoingMessage } from './model/outgoing.js'
import { Sender } from './sender.js'

type Listener = (value: never) => void

/** Waits until started work is done. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve))
}

/** For specs: a server with groups and messages, whose answers the test scripts. */
class FakeServer {
  readonly texts = new Map<string, string[]>()
  readonly seqs = new Map<string, number>()
  /** The `as_of_seq` of the summary of a group; absent: 0, as from older servers. */
  readonly asOf = new Map<string, bigint>()
  readonly posts: OutgoingMessage[] = []
  /** Called for a message that is posted. */
  post: (message: OutgoingMessage) => Promise<void> = async () => undefined
  readonly asked: string[] = []
  /** Answers with messages are built at once and delivered when this resolves. */
  onTheWay: Promise<void> = Promise.resolve()
  /** How the outbox waits before it sends again. */
  pause: () => Promise<void> = settled

  group(id: string, ...texts: string[]): Cursor {
    this.texts.set(id, texts)
    this.seqs.set(id, texts.length)
    return this.head(id)
  }

  head = (id: string): Cursor => cursorOf(id, 'e', { ...NO_HEADS, messages: this.seqs.get(id) ?? 0 })

  get api(): ChatApi {
    const states = () =>
      [...this.seqs].map(([groupId, seq]) => ({ groupId, readSeq: 0n, unread: 0, messagesSeq: BigInt(seq) }))
    const fake = {
      groups: {
        listMessages: async ({ groupId }: { groupId: string }) => {
          this.asked.push(`messages ${groupId}`)
          const texts = this.texts.get(groupId) ?? []
          const answer = create(ListMessagesResponseSchema, {
            messages: texts.map((text, i) =>
              create(MessageSchema, { id: text, text, authorId: 'ann', seq: BigInt(i + 1) }),
            ),
            messagesSeq: BigInt(this.seqs.get(groupId) ?? 0),
          })
          await this.onTheWay
          return answer
        },
        listReadStates: async ({ afterBlock = false }: { afterBlock?: boolean }) => {
          this.asked.push(afterBlock ? 'read states after a block' : 'read states')
          return create(ListReadStatesResponseSchema, { states: states() })
        },
        markRead: async ({ groupId }: { groupId: string }) => {
          this.asked.push(`read ${groupId}`)
          return create(MarkReadResponseSchema)
        },
      },
      membership: {
        listMembers: async () => create(ListMembersResponseSchema, { members: [{ userId: 'me', role: Role.MEMBER }] }),
        listMyGroups: async () => {
          this.asked.push('groups')
          return create(ListMyGroupsResponseSchema, {
            groups: [...this.texts.keys()].map((groupId) => ({
              ...{ groupId, name: groupId },
              asOfSeq: this.asOf.get(groupId) ?? 0n,
            })),
          })
        },
      },
    }
    return fake as unknown as ChatApi
  }
}

/** For specs: the conversations of a window whose server, connection and storage are controlled by the test. */
export function chatOnFakes(saved: readonly Conversation[] = [], api?: ChatApi) {
  const server = new FakeServer()
  const listeners = new Map<FrameCase, Listener[]>()
  const did: string[] = []
  const storage = new Map<string, OutgoingMessage>()
  let cursors: () => Cursor[] = () => []
  const connection = {
    status: ref('idle'),
    leading: ref(false),
    tracer: undefined,
    start: (asked: () => Cursor[]) => {
      did.push('connect')
      cursors = asked
    },
    stop: () => void did.push('disconnect'),
    resume: () => void did.push('resume'),
    on: (kind: FrameCase, listener: Listener) => {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener])
      return () => undefined
    },
  }
  const sender = new Sender({
    storage: {
      put: async (message) => void storage.set(message.id, message),
      delete: async (id) => void storage.delete(id),
      of: async () => [...storage.values()],
    },
    post: async (message) => {
      server.posts.push(message)
      await server.post(message)
    },
    upload: () => Promise.reject(new Error('no files here')),
    pause: () => server.pause(),
  })
  const blocked = shallowRef<ReadonlySet<string>>(new Set())
  // As Pinia passes it to the screens.
  const chat = proxyRefs(
    chatOf({
      me: () => 'me',
      connection: connection as unknown as ChatParts['connection'],
      api: api ?? server.api,
      sender,
      saved: () => ({
        open: async () => [...saved],
        changed: () => undefined,
        gone: (groupId) => void did.push(`saved: without ${groupId}`),
        flush: () => void did.push('saved: flush'),
        forget: async (withUnsent) => void did.push(`saved: forget ${withUnsent ? 'all' : 'but unsent'}`),
      }),
      companions: [
        { start: async (userId) => did.push(`companion of ${userId}`), stop: () => void did.push('companion stops') },
      ],
      files: { keepLocal: () => undefined, forget: (fileId) => void did.push(`file ${fileId} forgotten`) },
      blocked,
      stoppedTyping: (_, userId) => void did.push(`${userId} types no more`),
    }),
  )
  function says<C extends FrameCase>(kind: C, value: Partial<FrameValue<C>>): void {
    for (const listener of listeners.get(kind) ?? []) listener(value as never)
  }
  return {
    chat,
    blocked,
    server,
    connection,
    storage,
    did,
    says,
    cursors: () => cursors(),
    texts: (groupId: string) => chat.conversations.get(groupId)?.messages?.map(({ text }) => text),
    /** A commit with the next sequence of its lane, or with the given one. */
    commit(
      groupId: string,
      bodies: Event['body'][],
      options: { seq?: number; prevSeq?: number; lane?: LaneName } = {},
    ) {
      const { lane = 'messages' } = options
      const before = chat.conversations.get(groupId)?.seqs[lane] ?? 0
      const { seq = before + 1, prevSeq = before } = options
      if (lane === 'messages') server.seqs.set(groupId, Math.max(seq, server.seqs.get(groupId) ?? 0))
      const commit = create(CommitSchema, {
        events: bodies.map((body) => create(EventSchema, { body, actorId: 'ann' })),
      })
      says(
        'commit',
        create(FrameSchema, {
          groupId,
          lane: laneOf(lane),
          seq: BigInt(seq),
          prevSeq: BigInt(prevSeq),
          epoch: 'e',
          commit: toBinary(CommitSchema, commit),
        }),
      )
    },
    /** Connected, with these groups of the server fetched. */
    async live() {
      await chat.start()
      connection.leading.value = true
      const heads = [...server.texts.keys()].map(server.head)
      says('ready', { heads })
      for (const head of heads) if (!chat.conversations.has(head.groupId)) says('snapshotRequired', { head })
      connection.status.value = 'live'
      says('live', {})
      await settled()
    },
  }
}

export const posted = (messageId: string, text = messageId, authorId = 'ann'): Event['body'] => ({
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId, text, authorId }),
})

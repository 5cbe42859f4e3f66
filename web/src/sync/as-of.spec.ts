import { headsOf } from '@beseda/client-protocol'
import { laneOf } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { CommitSchema as FrameSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ChatApi } from './chat-api.js'
import { chatOnFakes } from './chat-testing.js'
import { pageMessages } from './model/convert.js'
import type { ChatMessage, Conversation } from './model/model.js'
import { GROUP, type Intent, intent, ModelServer, type Written } from './model-server-testing.js'

/**
 * The law of the client when responses are built and delivered at any time, in any order: however far a response was ahead of the received
 * commits, and whatever was received while it was in flight, the client ends up showing what a fresh fetch would return.
 */
beforeEach(() => {
  // Read markers listen for `pagehide`.
  vi.stubGlobal('window', { addEventListener: () => undefined })
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

interface Question {
  readonly minSeq: number
  readonly make: (position: number) => unknown
  readonly resolve: (answer: unknown) => void
  answer?: unknown
}

/** Services whose responses are built and delivered when the test says so. */
function slowServices(server: ModelServer) {
  const questions: Question[] = []
  const ask = (minSeq: bigint | undefined, make: (position: number) => unknown) =>
    new Promise((resolve) => questions.push({ minSeq: Math.max(1, Number(minSeq ?? 0)), make, resolve }))
  type Asked = { minSeq?: bigint; threadId?: string }
  const api = {
    groups: {
      listMessages: ({ minSeq, threadId }: Asked) => ask(minSeq, (at) => server.messages(at, threadId)),
      listReadStates: ({ minSeq }: Asked) => ask(minSeq, (at) => ({ states: [server.readState(at)] })),
      markRead: () => new Promise(() => undefined),
    },
    membership: {
      listMembers: ({ minSeq }: Asked) => ask(minSeq, (at) => server.members(at)),
      listMyGroups: ({ minSeq }: Asked) => ask(minSeq, (at) => server.myGroups(at)),
    },
  }
  return { api: api as unknown as ChatApi, questions }
}

type Step = {
  readonly do: 'commit' | 'make' | 'arrive' | 'snapshot' | 'hide' | 'read' | 'notice' | 'thread'
  readonly n: number
}
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...([
      'commit',
      'commit',
      'commit',
      'make',
      'make',
      'arrive',
      'arrive',
      'snapshot',
      'hide',
      'read',
      'notice',
      'thread',
    ] as const),
  ),
  n: fc.nat({ max: 1000 }),
})

const flush = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

async function run(intents: readonly Intent[], start: number, steps: readonly Step[]) {
  const server = new ModelServer(intents)
  const { api, questions } = slowServices(server)
  const world = chatOnFakes([], api)
  /** The gateway has sent the log up to here. */
  let sent = 1 + (start % server.end)
  const notices: (() => void)[] = []

  const commit = ({ lane, seq, prevSeq, event }: Written): void => {
    const stored = create(CommitSchema, {
      time: timestampFromMs(seq * 1000),
      events: [{ ...event, commandId: '', version: 1 }],
    })
    const frame = { groupId: GROUP, lane: laneOf(lane), seq: BigInt(seq), prevSeq: BigInt(prevSeq), epoch: 'e' }
    world.says('commit', create(FrameSchema, { ...frame, commit: toBinary(CommitSchema, stored) }))
  }
  const snapshot = (position: number): void => {
    sent = position
    world.says('snapshotRequired', { head: server.head(position) })
  }
  const userEvent = (event: never): void => world.says('userEvent', create(UserEventSchema, { event }))
  const make = (question: Question, position: number): void => {
    question.answer = question.make(Math.max(question.minSeq, position))
  }
  const arrive = (question: Question): void => {
    questions.splice(questions.indexOf(question), 1)
    question.resolve(question.answer)
  }
  /** The gateway's response to Hello: the commits after the cursor. */
  const resume = (): void => {
    world.did.length = 0
    const [cursor] = world.cursors()
    if (!cursor) {
      snapshot(sent)
      return
    }
    const heads = headsOf(cursor)
    for (const one of server.log) if (one.seq <= sent && one.seq > heads[one.lane]) commit(one)
  }

  const take: Record<Step['do'], (n: number) => void> = {
    commit: () => {
      const next = server.log.find(({ seq }) => seq > sent)
      if (!next) return
      sent = next.seq
      commit(next)
    },
    make: (n) => {
      const open = questions.filter(({ answer }) => answer === undefined)
      const question = open[n % Math.max(1, open.length)]
      if (question) make(question, 1 + (n % server.end))
    },
    arrive: (n) => {
      const made = questions.filter(({ answer }) => answer !== undefined)
      const question = made[n % Math.max(1, made.length)]
      if (question) arrive(question)
    },
    // From a gateway that lags, or after a long absence.
    snapshot: (n) => snapshot(1 + (n % server.end)),
    hide: (n) => {
      const said = server.at(sent).messages.filter(({ id, gone }) => !gone && !server.hidden.includes(id))
      const messageId = said[n % Math.max(1, said.length)]?.id
      if (messageId === undefined) return
      server.hidden.push(messageId)
      const value = { groupId: GROUP, messageId, state: server.readState(Math.max(sent, 1 + (n % server.end))) }
      notices.push(() => userEvent({ case: 'messageHidden', value } as never))
    },
    read: () => {
      server.readSeq = Math.max(server.readSeq, server.at(sent).heads.messages)
      const value = server.readState(sent)
      notices.push(() => userEvent({ case: 'readState', value } as never))
    },
    thread: (n) => {
      const heads = server.at(sent).messages.filter(({ threadId, gone }) => threadId === '' && !gone)
      const id = heads[n % Math.max(1, heads.length)]?.id
      if (id !== undefined) void world.chat.openThread(GROUP, id)
    },
    // In order; some are delivered twice.
    notice: (n) => {
      const next = notices.shift()
      next?.()
      if (n % 3 === 0) next?.()
    },
  }

  await world.chat.start()
  world.says('ready', { heads: [server.head(sent)] })
  snapshot(sent)
  world.says('live', {})
  void world.chat.load(GROUP)
  for (const { do: what, n } of steps) {
    take[what](n)
    await flush()
    void world.chat.load(GROUP)
    if (world.did.includes('resume')) resume()
    await flush()
  }
  // Everything is delivered, until nothing is requested any more.
  while (notices.length > 0) take.notice(1)
  for (let round = 0; round < 40; round++) {
    while (sent < server.end) take.commit(0)
    await flush()
    if (world.did.includes('resume')) resume()
    for (const question of [...questions]) {
      if (question.answer === undefined) make(question, server.end)
      arrive(question)
    }
    await flush()
    await vi.advanceTimersByTimeAsync(400)
    void world.chat.load(GROUP)
    await flush()
    if (questions.length === 0 && !world.did.includes('resume') && sent === server.end) break
  }
  const conversation = world.chat.conversations.get(GROUP)
  world.chat.stop()
  return { server, conversation }
}

/** What the person sees of a message. */
const seen = ({ id, text, pinned, reactions, replyCount, lastReplyAt, seq }: ChatMessage) => ({
  ...{ id, text, pinned, replyCount, lastReplyAt, seq },
  reactions: reactions.map(({ userIds }) => [...userIds]),
})

/** What the person sees of a conversation. */
const shown = ({ name, joinRequests, role, members, mutes, memberCount, read, hidden, ...said }: Conversation) => ({
  ...{ name, joinRequests, role, memberCount, hidden },
  members: Object.fromEntries(members ?? []),
  muted: new Set([...mutes].flatMap(([id, until]) => (until > 1 && members?.has(id) ? [id] : []))),
  messages: said.messages?.map(seen),
  thread: said.thread?.messages.map(seen),
  ...{ readSeq: read.seq, unread: read.unread, mentions: read.mentions },
})

/** The same, from a fresh fetch. */
function fresh(server: ModelServer, threadId: string | undefined): ReturnType<typeof shown> {
  const { end } = server
  const picture = server.at(end)
  const state = server.readState(end)
  return {
    ...{ name: picture.name, joinRequests: picture.requests.size, role: picture.members.get('me') ?? Role.UNSPECIFIED },
    ...{ memberCount: picture.members.size, hidden: server.hidden.length },
    members: Object.fromEntries(picture.members),
    muted: new Set([...picture.muted].filter((id) => picture.members.has(id))),
    messages: pageMessages(server.messages(end)).map(seen),
    thread: threadId === undefined ? undefined : pageMessages(server.messages(end, threadId)).map(seen),
    ...{ readSeq: server.readSeq, unread: state.unread, mentions: state.mentions },
  }
}

test('responses that are ahead, behind, late and out of order end in the state of a fresh fetch', async () => {
  const history = fc.array(intent, { minLength: 3, maxLength: 30 })
  const property = fc.asyncProperty(
    history,
    fc.nat(),
    fc.array(step, { maxLength: 50 }),
    async (intents, start, steps) => {
      const { server, conversation } = await run(intents, start, steps)
      expect(conversation && shown(conversation)).toEqual(fresh(server, conversation?.thread?.id))
    },
  )
  await fc.assert(property, { numRuns: Number(process.env.AS_OF_RUNS ?? 600) })
})

import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import type { Commit as CommitFrame, UserEvent } from '@beseda/proto/gateway/v1/frames'
import { CursorSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { type Device, Installation, Person } from '@beseda/testkit'
import { create, fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatMessage, conversationOf, readMark } from '../web/src/sync/convert.js'
import { applyCommit, withoutMessage, withReadState } from '../web/src/sync/fold.js'
import type { Conversation } from '../web/src/sync/model.js'

/**
 * The law of the client: what was fetched once, folded with everything that was sent since, is what a fresh fetch gives.
 * Real services, two gateways, random histories; the fold is the web client's own.
 */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const LANES = ['', 'group', 'roster', 'messages', 'calls'] as const

async function fetched(person: Person, groupId: string, epoch: string): Promise<Conversation> {
  const [{ groups }, { states }, page, { members }] = await Promise.all([
    person.membership.listMyGroups({}),
    person.groups.listReadStates({ groupId }),
    person.groups.listMessages({ groupId, limit: 200 }),
    person.membership.listMembers({ groupId }),
  ])
  const group = groups.find((one) => one.groupId === groupId)
  if (!group) throw new Error('not a member')
  const messages = page.messages.map(chatMessage)
  return {
    ...conversationOf(group, create(CursorSchema, { groupId, epoch }), states[0], person.userId),
    messages,
    members: new Map(members.map(({ userId, role }) => [userId, role])),
    memberCount: members.length,
  }
}

/** What a person sees of a conversation: all that the law speaks of. */
const shown = ({ name, topic, settings, archived, role, members, messages, read }: Conversation) => ({
  name,
  topic,
  archived,
  role,
  slowModeS: settings.slowModeS,
  members: new Map(members),
  messages: messages?.map(({ attachments: _, ...message }) => message),
  unread: read.unread,
  mentions: read.mentions,
})

/** The conversation after every frame of a device, as the web client folds it. */
function folded(start: Conversation, device: Device, me: string): Conversation {
  let state = start
  for (const frame of device.frames) {
    if (frame.case === 'commit' && frame.value.groupId === start.id) state = withCommit(state, frame.value, me)
    if (frame.case === 'userEvent') state = withEvent(state, frame.value.event, me)
  }
  return state
}

function withCommit(state: Conversation, { lane, seq, prevSeq, commit }: CommitFrame, me: string): Conversation {
  const name = LANES[lane]
  if (!name || Number(seq) <= state.seqs[name]) return state
  const change = { lane: name, seq: Number(seq), prevSeq: Number(prevSeq), commit: fromBinary(CommitSchema, commit) }
  return applyCommit(state, change, me)
}

function withEvent(state: Conversation, event: UserEvent['event'], me: string): Conversation {
  if (event.case === 'readState' && event.value.groupId === state.id) return withReadState(state, event.value)
  if (event.case === 'messageHidden') return withoutMessage(state, event.value.messageId, me, 'me')
  return state
}

const who = fc.constantFrom(0, 1, 2)
const which = fc.nat({ max: 30 })
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      who,
      mention: fc.constantFrom('', 'all', 'admins', 'me'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reply' as const), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('thread' as const), who, which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('edit' as const), which, mention: fc.constantFrom('', 'all', 'me') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('react' as const), who, which, present: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin' as const), which, pinned: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hide' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('role' as const), admin: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), name: fc.constantFrom('One', 'Two') }) },
)
type Cast = readonly [owner: Person, me: Person, other: Person]
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

test('state and events are a fresh fetch, for every kind of event', async () => {
  async function act(
    [owner, me, other]: Cast,
    groupId: string,
    said: { id: string; author: Person; inThread: boolean }[],
    one: Action,
  ): Promise<void> {
    const actors = [owner, me, other]
    const ids = { commandId: newId(), groupId }
    const target = 'which' in one && said.length > 0 ? said[one.which % said.length] : undefined
    const text = (mention: string) =>
      `text ${said.length} ${mention === '' ? '' : `<@${mention === 'me' ? me.userId : mention}>`}`
    const post = async (author: Person, body: string, more: { replyTo?: string; threadId?: string } = {}) => {
      const messageId = newId()
      await author.groups.postMessage({ messageId, groupId, text: body, ...more })
      said.push({ id: messageId, author, inThread: more.threadId !== undefined })
    }
    if (one.do === 'post') await post(actors[one.who]!, text(one.mention))
    else if (one.do === 'role') {
      await owner.membership.changeRole({ ...ids, userId: me.userId, role: one.admin ? Role.ADMIN : Role.MEMBER })
    } else if (one.do === 'rename') await owner.groups.updateGroup({ ...ids, name: one.name })
    else if (!target) return
    else if (one.do === 'reply') await post(actors[one.who]!, 'answer', { replyTo: target.id })
    else if (one.do === 'thread' && !target.inThread) await post(actors[one.who]!, 'in thread', { threadId: target.id })
    else if (one.do === 'edit')
      await target.author.groups.editMessage({ ...ids, messageId: target.id, text: text(one.mention) })
    else if (one.do === 'delete') await target.author.groups.deleteMessage({ ...ids, messageId: target.id })
    else if (one.do === 'react') {
      await actors[one.who]!.groups.setReaction({ ...ids, messageId: target.id, emoji: '👍', present: one.present })
    } else if (one.do === 'pin') await owner.groups.setPinned({ ...ids, messageId: target.id, pinned: one.pinned })
    else if (one.do === 'hide') await me.groups.deleteMessage({ ...ids, messageId: target.id, forMe: true })
    else if (one.do === 'read') {
      const { message } = await me.groups.getMessage({ groupId, messageId: target.id })
      if (message) await me.groups.markRead({ groupId, seq: message.seq, index: message.index })
    }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      // People of their own for each history: limits count per person.
      const cast = (await Promise.all(
        [0, 1, 2].map((i) => Person.register(beseda.url, `Person ${i}`)),
      )) as unknown as Cast
      const [owner, me, other] = cast
      const memberIds = [me.userId, other.userId]
      const { group } = await owner.groups.createGroup({
        commandId: newId(),
        kind: GroupKind.GROUP,
        name: 'Law',
        memberIds,
      })
      const groupId = group!.id
      const device = await me.connect(beseda.url2)
      const start = await fetched(me, groupId, '')
      const said: { id: string; author: Person; inThread: boolean }[] = []
      // What is gone already is refused, and that is fine: nothing happens then.
      for (const one of actions) await act(cast, groupId, said, one).catch(() => undefined)
      // The last word, so that it is known when everything has come.
      await owner.groups.updateGroup({ commandId: newId(), groupId, topic: `end ${newId()}` })
      const end = newId()
      await owner.groups.postMessage({ messageId: end, groupId, text: end })
      while (!device.texts.get(groupId)?.includes(end))
        await device.next(
          'commit',
          ({ groupId: id }) => id === groupId && device.texts.get(groupId)?.includes(end) === true,
        )
      const fresh = await fetched(me, groupId, '')
      let state = folded(start, device, me.userId)
      // Counters that cannot be told from what is known are asked for, as the client does.
      if (state.countersStale) {
        const { states } = await me.groups.listReadStates({ groupId, minSeq: BigInt(state.seqs.messages) })
        state = { ...state, read: readMark(states[0]!) }
      }
      device.close()
      expect(device.complaints).toEqual([])
      expect(shown(state)).toEqual(shown(fresh))
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 12) },
  )
})

import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import type { Commit as CommitFrame, UserEvent } from '@beseda/proto/gateway/v1/frames'
import { type Cursor, CursorSchema } from '@beseda/proto/gateway/v1/frames'
import { Discoverability, GroupKind, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { Device, Person } from '@beseda/testkit'
import { create, fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { conversationOf, msOf, pageMessages, readMark } from '../../web/src/sync/model/convert.js'
import { withReadState } from '../../web/src/sync/model/counters.js'
import { applyCommit, withHidden } from '../../web/src/sync/model/fold.js'
import type { Conversation } from '../../web/src/sync/model/model.js'
import { mentionsInThreads } from '../../web/src/sync/model/read-mark.js'
import { sharedInstallation } from '../support/shared-installation.js'

/**
 * The law of the client: a state fetched once and folded with everything sent since equals a fresh fetch.
 * Real services, two gateways, random histories with interruptions; the fold is the web client's own.
 */
const beseda = sharedInstallation()

const LANES = ['', 'group', 'roster', 'messages', 'calls'] as const

async function fetched(person: Person, groupId: string, head: Cursor): Promise<Conversation> {
  const [{ groups }, { states }, page, { members, asOfSeq }] = await Promise.all([
    person.membership.listMyGroups({}),
    person.groups.listReadStates({ groupId }),
    person.groups.listMessages({ groupId, limit: 200 }),
    person.membership.listMembers({ groupId }),
  ])
  const group = groups.find((one) => one.groupId === groupId)
  if (!group) throw new Error('not a member')
  const summary = conversationOf(group, head, states[0], person.userId)
  return {
    ...summary,
    asOf: { ...summary.asOf, members: Number(asOfSeq), messages: Number(page.messagesSeq) },
    messages: pageMessages(page),
    members: new Map(members.map(({ userId, role }) => [userId, role])),
    mutes: new Map(members.map(({ userId, mutedUntil }) => [userId, msOf(mutedUntil)])),
    memberCount: members.length,
  }
}

/** What a person sees of a conversation: everything that the law covers. */
const shown = ({
  name,
  topic,
  settings,
  archived,
  role,
  members,
  mutes,
  messages,
  read,
  joinRequests,
}: Conversation) => ({
  name,
  topic,
  settings,
  archived,
  role,
  joinRequests,
  members: new Map(members),
  muted: [...mutes]
    .flatMap(([userId, until]) => (members?.has(userId) && until > Date.now() ? [userId] : []))
    .toSorted(),
  messages: messages?.map(({ attachments: _, asOf: __, ...message }) => message),
  unread: read.unread,
  mentions: read.mentions,
  markedUnread: read.markedUnread,
  inThreads: mentionsInThreads(read),
})

/** One person's client: a state, and a connection that keeps it up to date while it is open. */
class Client {
  device: Device | undefined
  #before: Device | undefined
  #taken = 0

  private constructor(
    private readonly person: Person,
    public state: Conversation,
  ) {}

  static async open(person: Person, groupId: string): Promise<Client> {
    const client = new Client(person, await fetched(person, groupId, create(CursorSchema, { groupId })))
    client.device = await person.connect(beseda.url2)
    return client
  }

  /** Handles every frame, as the web client does. */
  async fold(): Promise<void> {
    const { frames } = this.device ?? { frames: [] }
    for (; this.#taken < frames.length; this.#taken++) {
      const frame = frames[this.#taken]
      if (frame?.case === 'commit' && frame.value.groupId === this.state.id) this.#commit(frame.value)
      if (frame?.case === 'userEvent') this.#event(frame.value.event)
      // Erased events cannot be replayed: everything is fetched again.
      if (frame?.case === 'snapshotRequired' && frame.value.head?.groupId === this.state.id) {
        // The response is as far ahead of the head as possible: no frame received since is applied yet. They follow, and must not change
        // what the response includes already.
        this.state = await fetched(this.person, this.state.id, frame.value.head)
      }
    }
  }

  async goOffline(): Promise<void> {
    if (!this.device) return
    this.device.close()
    await this.device.closed
    await this.fold()
    expect(this.device.complaints).toEqual([])
    this.#before = this.device
    this.device = undefined
  }

  /** Reconnects to the other gateway with its cursors; then requests what other devices have read and deleted for themselves. */
  async goOnline(): Promise<void> {
    if (this.device) return
    this.device = await Device.connect(beseda.url, this.person.tokens.accessToken, this.#before)
    this.#taken = 0
    await this.fold()
    const groupId = this.state.id
    const { states } = await this.person.groups.listReadStates({ groupId })
    const [mine] = states
    if (!mine) return
    const missed = mine.hidden !== this.state.hidden
    this.state = { ...withReadState(this.state, mine), hidden: mine.hidden }
    if (!missed) return
    const page = await this.person.groups.listMessages({ groupId, limit: 200 })
    const asOf = { ...this.state.asOf, messages: Number(page.messagesSeq) }
    this.state = { ...this.state, messages: pageMessages(page), asOf }
  }

  /** Requests counters that cannot be computed from the known state, as the client does. */
  async settle(): Promise<void> {
    const { id: groupId, seqs, countersStale } = this.state
    if (!countersStale) return
    const { states } = await this.person.groups.listReadStates({
      groupId,
      minSeq: BigInt(Math.max(seqs.messages, seqs.roster)),
    })
    if (states[0]) this.state = { ...this.state, read: readMark(states[0]) }
  }

  #commit({ lane, seq, prevSeq, commit }: CommitFrame): void {
    const name = LANES[lane]
    if (!name || Number(seq) <= this.state.seqs[name]) return
    const change = { lane: name, seq: Number(seq), prevSeq: Number(prevSeq), commit: fromBinary(CommitSchema, commit) }
    this.state = applyCommit(this.state, change, this.person.userId)
  }

  #event(event: UserEvent['event']): void {
    if (event.case === 'readState' && event.value.groupId === this.state.id) {
      this.state = withReadState(this.state, event.value)
    }
    if (event.case === 'messageHidden' && event.value.groupId === this.state.id) {
      this.state = withHidden(this.state, event.value.messageId, event.value.state, this.person.userId)
    }
  }
}

interface Scene {
  readonly owner: Person
  readonly me: Person
  readonly other: Person
  readonly stranger: Person
  readonly client: Client
  readonly groupId: string
  readonly hook: string
  readonly said: { id: string; author: Person; inThread: boolean }[]
}
interface Choice {
  readonly who: number
  readonly which: number
  readonly yes: boolean
  readonly mention: '' | 'all' | 'admins' | 'me'
}
type Act = (scene: Scene, choice: Choice) => Promise<unknown>

const ids = ({ groupId }: Scene) => ({ commandId: newId(), groupId })
const actor = ({ owner, me, other }: Scene, { who }: Choice) => [owner, me, other][who] ?? owner
const target = ({ said }: Scene, { which }: Choice) => said[which % Math.max(1, said.length)]
const words = ({ said, me }: Scene, { mention }: Choice) =>
  `text ${said.length} ${mention === '' ? '' : `<@${mention === 'me' ? me.userId : mention}>`}`

interface Where {
  readonly replyTo?: string
  readonly threadId?: string
  readonly alsoToGroup?: boolean
}

async function post(scene: Scene, author: Person, text: string, more: Where = {}) {
  const messageId = newId()
  await author.groups.postMessage({ messageId, groupId: scene.groupId, text, ...more })
  scene.said.push({ id: messageId, author, inThread: more.threadId !== undefined })
}

/** Actions for every kind of event, and every way to miss one. A refused action changes nothing, which is fine. */
const ACTS: Readonly<Record<string, readonly [weight: number, act: Act]>> = {
  post: [6, (scene, choice) => post(scene, actor(scene, choice), words(scene, choice))],
  reply: [
    2,
    (scene, choice) => post(scene, actor(scene, choice), 'answer', { replyTo: target(scene, choice)?.id ?? '' }),
  ],
  thread: [
    3,
    async (scene, choice) => {
      const head = target(scene, choice)
      const where = { threadId: head?.id ?? '', alsoToGroup: choice.yes }
      if (head && !head.inThread) await post(scene, actor(scene, choice), words(scene, choice), where)
    },
  ],
  edit: [
    2,
    async (scene, choice) => {
      const { id: messageId, author } = target(scene, choice) ?? {}
      if (messageId) await author?.groups.editMessage({ ...ids(scene), messageId, text: words(scene, choice) })
    },
  ],
  delete: [
    2,
    async (scene, choice) => {
      const { id: messageId, author } = target(scene, choice) ?? {}
      if (messageId) await author?.groups.deleteMessage({ ...ids(scene), messageId })
    },
  ],
  react: [
    2,
    (scene, choice) => {
      const messageId = target(scene, choice)?.id ?? ''
      return actor(scene, choice).groups.setReaction({ ...ids(scene), messageId, emoji: '👍', present: choice.yes })
    },
  ],
  pin: [
    1,
    (scene, choice) =>
      scene.owner.groups.setPinned({ ...ids(scene), messageId: target(scene, choice)?.id ?? '', pinned: choice.yes }),
  ],
  hide: [
    2,
    (scene, choice) =>
      scene.me.groups.deleteMessage({ ...ids(scene), messageId: target(scene, choice)?.id ?? '', forMe: true }),
  ],
  read: [
    2,
    async (scene, choice) => {
      const { groupId, me } = scene
      const { message } = await me.groups.getMessage({ groupId, messageId: target(scene, choice)?.id ?? '' })
      if (!message) return
      const { seq, index, threadId } = message
      const [mine] = (await me.groups.listReadStates({ groupId })).states
      // Also as a page of an earlier release.
      await me.groups.markRead({ groupId, seq, index, ...(mine && choice.yes && { backs: mine.backs }) })
      if (threadId !== '') await me.groups.markRead({ groupId, threadId, seq, index })
    },
  ],
  unread: [
    2,
    async (scene, choice) => {
      const { groupId, me } = scene
      const [mine] = (await me.groups.listReadStates({ groupId })).states
      const { message } = await me.groups.getMessage({ groupId, messageId: target(scene, choice)?.id ?? '' })
      if (!message || !mine) return
      await me.groups.markUnread({ groupId, seq: message.seq, index: message.index, backs: mine.backs })
    },
  ],
  webhook: [
    1,
    (scene) => fetch(`${beseda.url}/hooks/${scene.hook}`, { method: 'POST', body: JSON.stringify({ text: 'built' }) }),
  ],
  role: [
    1,
    (scene, { yes }) =>
      scene.owner.membership.changeRole({
        ...ids(scene),
        userId: scene.me.userId,
        role: yes ? Role.ADMIN : Role.MEMBER,
      }),
  ],
  remove: [
    1,
    (scene, { yes }) => {
      const command = { ...ids(scene), userId: scene.other.userId }
      return yes ? scene.owner.membership.banMember(command) : scene.owner.membership.removeMember(command)
    },
  ],
  add: [
    2,
    async (scene, { yes }) => {
      const userId = yes ? scene.other.userId : scene.stranger.userId
      await scene.owner.membership.unbanMember({ ...ids(scene), userId })
      await scene.owner.membership.addMembers({ ...ids(scene), userIds: [userId] })
    },
  ],
  ask: [2, (scene) => scene.stranger.membership.joinGroup(ids(scene))],
  resolve: [
    1,
    (scene, { yes: approve }) =>
      scene.owner.membership.resolveJoinRequest({ ...ids(scene), userId: scene.stranger.userId, approve }),
  ],
  leave: [1, (scene) => scene.stranger.membership.leaveGroup(ids(scene))],
  mute: [
    1,
    (scene, { yes }) =>
      scene.owner.membership.muteMember({ ...ids(scene), userId: scene.other.userId, forS: yes ? 600 : 0 }),
  ],
  handOver: [
    1,
    async (scene, { yes }) => {
      const [from, to] = yes ? [scene.owner, scene.me] : [scene.me, scene.owner]
      await from.membership.transferOwnership({ ...ids(scene), userId: to.userId })
    },
  ],
  rename: [1, (scene, { which }) => scene.owner.groups.updateGroup({ ...ids(scene), name: `Name ${which}` })],
  archive: [
    1,
    async (scene) => {
      for (const archived of [true, false]) await scene.owner.groups.updateGroup({ ...ids(scene), archived })
    },
  ],
  settings: [
    1,
    (scene, { yes }) => {
      const permissions = yes ? [{ permission: Permission.PIN, leastRole: Role.ADMIN }] : []
      const newcomerHistory = yes ? NewcomerHistory.FROM_JOINING : NewcomerHistory.ALL
      const settings = { permissions, newcomerHistory, discoverability: Discoverability.BY_REQUEST }
      return scene.owner.groups.updateGroup({ ...ids(scene), settings })
    },
  ],
  offline: [2, (scene) => scene.client.goOffline()],
  online: [2, (scene) => scene.client.goOnline()],
}

const act = fc.record({
  name: fc.oneof(...Object.entries(ACTS).map(([name, [weight]]) => ({ weight, arbitrary: fc.constant(name) }))),
  who: fc.nat({ max: 2 }),
  which: fc.nat({ max: 30 }),
  yes: fc.boolean(),
  mention: fc.constantFrom('' as const, 'all' as const, 'admins' as const, 'me' as const),
})

async function newScene(): Promise<Scene> {
  // Separate people for each history, because limits count per person.
  const cast = await Promise.all([0, 1, 2, 3].map((i) => Person.register(beseda.url, `Person ${i}`)))
  const [owner, me, other, stranger] = cast as [Person, Person, Person, Person]
  const { group } = await owner.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: 'Law',
    memberIds: [me.userId, other.userId],
  })
  const groupId = group?.id ?? ''
  const settings = { discoverability: Discoverability.BY_REQUEST }
  await owner.groups.updateGroup({ commandId: newId(), groupId, settings })
  const { token: hook } = await owner.groups.createWebhook({ commandId: newId(), groupId, name: 'CI' })
  return { owner, me, other, stranger, client: await Client.open(me, groupId), groupId, hook, said: [] }
}

/** A final event in every lane, so that the test knows when everything has arrived. */
async function conclude({ owner, groupId, client }: Scene): Promise<void> {
  await client.goOnline()
  const { device } = client
  if (!device) throw new Error('offline')
  const text = newId()
  const ends = [
    await owner.groups.updateGroup({ commandId: newId(), groupId, topic: `end ${text}` }),
    await owner.membership.createInvite({ commandId: newId(), groupId }),
  ]
  await owner.groups.postMessage({ messageId: newId(), groupId, text })
  // One lane may lag behind another for a moment.
  for (const { seq } of ends) await device.next('commit', (commit) => commit.groupId === groupId && commit.seq === seq)
  await device.next('commit', () => device.texts.get(groupId)?.includes(text) === true)
  await client.fold()
  await client.settle()
  device.close()
  expect(device.complaints).toEqual([])
}

test('state and events equal a fresh fetch, for every kind of event, through every interruption', async () => {
  const property = fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
    const scene = await newScene()
    for (const { name, ...choice } of acts) await ACTS[name]?.[1](scene, choice).catch(() => undefined)
    await conclude(scene)
    const fresh = await fetched(scene.me, scene.groupId, create(CursorSchema, { groupId: scene.groupId }))
    expect(shown(scene.client.state)).toEqual(shown(fresh))
  })
  // A seed repeats the histories of another run.
  const { LAW_RUNS = '12', LAW_SEED } = process.env
  await fc.assert(property, { numRuns: Number(LAW_RUNS), ...(LAW_SEED && { seed: Number(LAW_SEED) }) })
})

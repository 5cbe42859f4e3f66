import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { errorInfo } from '@beseda/rpc'
import { Person } from '../client/person.js'
import { PATIENCE_MS } from '../patience.js'
import { Follower } from './follower.js'
import { type Heard, Ledger, type Received, type Verdict } from './ledger.js'

/** A request without an answer is repeated after this time, as in the client. */
const AGAIN_MS = 12_000
/** Reasons to try again. */
const PASSING: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAVAILABLE,
  ErrorReason.CONTENTION,
  ErrorReason.RATE_LIMITED,
  ErrorReason.INTERNAL,
])

export interface ConversationOptions {
  readonly people: number
  readonly groups: number
  /** Members of each group. */
  readonly members: number
  /** Time between two messages of a person, ms on average. */
  readonly pauseMs: number
  readonly random: () => number
}

/** People who talk in groups all the time, and a ledger of what they were promised. */
export class Conversation {
  readonly ledger = new Ledger()
  readonly refusals: string[] = []
  #followers: Follower[] = []
  readonly #groups = new Map<string, readonly Follower[]>()
  #talking = true
  #writers: Promise<void>[] = []

  private constructor(private readonly options: ConversationOptions) {}

  static async begin(url: string, options: ConversationOptions): Promise<Conversation> {
    const conversation = new Conversation(options)
    const people = []
    for (let i = 0; i < options.people; i++) people.push(await Person.register(url, `Person ${i}`))
    const followers = people.map((person) => new Follower(person, url, options.random))
    conversation.#followers = followers
    for (let i = 0; i < options.groups; i++) {
      const members = Array.from({ length: options.members }, (_, j) => followers[(i * 2 + j) % followers.length]!)
      const [owner, ...others] = members
      const memberIds = others.map(({ person }) => person.userId)
      const creation = { commandId: newId(), kind: GroupKind.GROUP, name: `Group ${i}`, memberIds }
      const { group } = await owner!.person.groups.createGroup(creation)
      conversation.#groups.set(group!.id, members)
    }
    for (const follower of followers) follower.start()
    await conversation.everybodyIsBack(Date.now() + PATIENCE_MS)
    conversation.#writers = followers.map((follower) => conversation.#talk(follower))
    return conversation
  }

  /** Largest number of Hellos in any second since a time. */
  peakHellos(since: number): number {
    const seconds = new Map<number, number>()
    for (const at of this.#followers.flatMap(({ hellos }) => hellos)) {
      if (at >= since) seconds.set(Math.floor(at / 1000), (seconds.get(Math.floor(at / 1000)) ?? 0) + 1)
    }
    return Math.max(0, ...seconds.values())
  }

  /** Waits until everybody is connected, and a message posted now in every group reaches all of its members. */
  async everybodyIsBack(deadline: number): Promise<void> {
    await Promise.all(
      this.#followers.map((follower) => follower.until(() => follower.live, 'a live connection', deadline)),
    )
    await Promise.all(
      [...this.#groups].map(async ([groupId, members]) => {
        const id = await this.#say(members[0]!, groupId, 'is everybody here?')
        await Promise.all(members.map((member) => member.until(() => hasHeard(member, groupId, id), id, deadline)))
      }),
    )
  }

  /** Stops the conversation; resolves when every acknowledged message has reached everybody, or at the deadline. */
  async end(deadline: number): Promise<Verdict> {
    this.#talking = false
    await Promise.all(this.#writers)
    const owing = [...this.#groups].flatMap(([groupId, members]) => members.map((member) => ({ groupId, member })))
    await Promise.all(
      owing.map(({ groupId, member }) => {
        const hasAll = () => this.ledger.missing(groupId, member.heard.get(groupId) ?? []).length === 0
        return member.until(hasAll, `what it lacks of ${groupId}`, deadline).catch(() => undefined)
      }),
    )
    const received = new Map<string, Map<string, Received>>()
    for (const [groupId, members] of this.#groups) {
      const history = { shown: await this.#history(members[0]!, groupId), arrivals: [] }
      received.set(groupId, new Map<string, Received>([['the history', history]]))
      for (const { person, heard, arrivals } of members) {
        const all = { shown: heard.get(groupId) ?? [], arrivals: arrivals.get(groupId) ?? [] }
        received.get(groupId)?.set(person.username, all)
      }
    }
    return this.ledger.verdict(received)
  }

  /** Violations of the protocol. */
  get complaints(): readonly string[] {
    return [...this.#followers.flatMap(({ complaints }) => complaints), ...this.refusals]
  }

  async stop(): Promise<void> {
    this.#talking = false
    await Promise.all(this.#writers)
    await Promise.all(this.#followers.map((follower) => follower.stop()))
  }

  async #talk(follower: Follower): Promise<void> {
    const mine = [...this.#groups].flatMap(([groupId, members]) => (members.includes(follower) ? [groupId] : []))
    const { random, pauseMs } = this.options
    for (let turn = 0; this.#talking && mine.length > 0; turn++) {
      const groupId = mine[Math.floor(random() * mine.length)]!
      await this.#say(follower, groupId, `${follower.person.username} ${turn}`).catch((error: unknown) =>
        this.refusals.push(`${follower.person.username}: ${String(error)}`),
      )
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + random())))
    }
  }

  /** Posts until the server accepts, as a client does, with the same message id every time. */
  async #say(author: Follower, groupId: string, text: string): Promise<string> {
    const message = { messageId: newId(), groupId, text }
    for (const deadline = Date.now() + PATIENCE_MS; ; ) {
      try {
        await this.#once(author, message)
        this.ledger.acknowledge(groupId, message.messageId)
        return message.messageId
      } catch (error) {
        const info = errorInfo(error)
        if ((info && !PASSING.has(info.reason)) || Date.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, info?.retryAfterMs || 100 + this.options.random() * 200))
      }
    }
  }

  /** Over the socket while it is live, else over HTTP through the balancer. */
  async #once({ device, person }: Follower, message: { messageId: string; groupId: string; text: string }) {
    const asked = device ? device.request(GroupService.method.postMessage, message) : person.groups.postMessage(message)
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), AGAIN_MS)
    })
    asked.catch(() => undefined)
    await Promise.race([asked, patience]).finally(() => clearTimeout(timer))
  }

  /** The whole history as every member reads it. */
  async #history({ person }: Follower, groupId: string): Promise<Heard[]> {
    const found: Heard[] = []
    for (let afterSeq = 1n; ; ) {
      const { messages, hasNewer } = await person.groups.listMessages({ groupId, afterSeq, limit: 200 })
      found.push(...messages.map(({ id, seq, index }) => ({ id, seq: Number(seq), index })))
      if (!hasNewer) return found
      afterSeq = messages.at(-1)?.seq ?? afterSeq
    }
  }
}

const hasHeard = (member: Follower, groupId: string, messageId: string): boolean =>
  member.heard.get(groupId)?.some(({ id }) => id === messageId) ?? false

import type { StoredCommit } from '@beseda/event-log'
import { GroupKind, type MessagePosted } from '@beseda/proto/group/v1/events'
import type { Note } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { PushDevice } from '../domain/devices/push-device.js'
import { messageNote } from '../domain/notes/message-note.js'
import { isAway, membersToNotify } from '../domain/notes/recipients.js'
import { topicOf } from '../domain/notes/topic.js'
import type {
  Audience,
  Member,
  NotificationMemory,
  NotifiedGroup,
  NotifyObserver,
  People,
  PreferencesStore,
  Threads,
  ViewFreshness,
} from './ports.js'
import type { PushSender } from './push-sender.js'
import type { PushSubscriptions } from './push-subscriptions.js'

/** A person is notified of one group once in this time; the newest message that came meanwhile follows at its end. */
const PAUSE_MS = 8_000
/** Messages held for the end of one pause: when the newest are deleted meanwhile, an older one is there to notify of. */
const MAX_HELD = 8
/** A message that could not be pushed within a day is found on opening the page. */
const TTL_SECONDS = 24 * 3_600

interface PostedMessage {
  readonly posted: MessagePosted
  readonly groupId: string
  readonly sentAt: number
  readonly seq: number
}

/** Notifies people who are away of new messages. */
export class MessageNotifications {
  /** By person and group: what was posted during a pause, the newest last. */
  readonly #held = new Map<string, { messages: PostedMessage[]; timer: ReturnType<typeof setTimeout> }>()

  constructor(
    private readonly freshness: ViewFreshness,
    private readonly audience: Audience,
    private readonly preferences: PreferencesStore,
    private readonly people: People,
    private readonly threads: Threads,
    private readonly subscriptions: PushSubscriptions,
    private readonly memory: NotificationMemory,
    private readonly sender: PushSender,
    private readonly observer: Pick<NotifyObserver, 'failed'>,
  ) {}

  /** A commit of lane `messages`, which one replica gets. */
  async posted(groupId: string, { stream, seq, commit }: StoredCommit, now: number): Promise<void> {
    const sentAt = commit.time ? timestampMs(commit.time) : now
    const posts = commit.events.flatMap(({ body }) => (body.case === 'messagePosted' ? [body.value] : []))
    if (posts.length === 0) return
    // Nobody who was removed before the message is notified of it: the view has the roster that its author was checked against.
    await this.freshness.reached(stream, Number(commit.rosterSeq))
    // Until its roster changes, a group is what it was founded as, in another lane.
    if (!this.audience.group(groupId)) await this.freshness.reached(stream, seq)
    for (const posted of posts) {
      const message = { posted, groupId, sentAt, seq }
      const away = await this.#toNotify(message, this.audience.reachableMembers(groupId))
      await Promise.all(away.map((userId) => this.#notifyOrHold(userId, message, now)))
    }
  }

  /** A person has read a group on some device: other devices stop showing it, and no replica notifies of what it holds. */
  async read(userId: string, groupId: string, seq: number, now: number): Promise<void> {
    await this.memory.noteRead(userId, groupId, seq)
    const shown = new Set(await this.memory.takeShown(userId, groupId))
    if (shown.size === 0) return
    const terms = { ttlSeconds: TTL_SECONDS, urgency: 'low', topic: topicOf(groupId) } as const
    for (const device of await this.subscriptions.living([userId], now)) {
      if (shown.has(device.sessionId)) this.sender.send(device, { kind: 'read', groupId }, terms)
    }
  }

  onApplicationShutdown(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer)
    this.#held.clear()
  }

  /** Of these members those who are away and whom the message concerns. Who follows its thread is asked only where that decides. */
  async #toNotify(message: PostedMessage, members: readonly Member[]): Promise<readonly string[]> {
    const { groupId, seq, posted } = message
    const away = await this.#whoIsAway(this.#recipients(message, members, { follows: true }))
    if (posted.threadId === '' || away.length === 0) return away
    const called = new Set(this.#recipients(message, members, { follows: false }))
    const asked = away.filter((userId) => !called.has(userId))
    if (asked.length === 0) return away
    const followers = await this.threads
      .followers({ groupId, threadId: posted.threadId, seq }, asked)
      .catch((error: unknown) => {
        // Whom the message mentions hears of it all the same.
        this.observer.failed(error)
        return new Set<string>()
      })
    return away.filter((userId) => called.has(userId) || followers.has(userId))
  }

  /** Of these members those whose own settings let them be notified, as the view has it now, if they follow its thread or do not. */
  #recipients(
    { posted, groupId }: PostedMessage,
    members: readonly Member[],
    { follows }: { readonly follows: boolean },
  ): readonly string[] {
    const group = this.audience.group(groupId)
    if (!group) return []
    const sources = [posted.authorId, ...(posted.forwarded ? [posted.forwarded.authorId] : [])]
    const candidates = members.map(({ userId, role }) => ({
      userId,
      role,
      preference: this.preferences.group(userId, groupId).state,
      quietHours: this.preferences.general(userId).state.quietHours,
      hasBlocked: sources.some((source) => this.audience.hasBlocked(userId, source)),
      follows,
    }))
    return membersToNotify(posted, group, candidates, Date.now()).map(({ userId }) => userId)
  }

  async #whoIsAway(userIds: readonly string[]): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    const attention = await this.people.attention(userIds)
    return userIds.filter((userId) => isAway(attention.get(userId)))
  }

  async #notifyOrHold(userId: string, message: PostedMessage, now: number): Promise<void> {
    const key = `${userId} ${message.groupId}`
    if (this.#hold(key, message)) return
    const { first, leftMs } = await this.memory.claim(userId, message.groupId, PAUSE_MS)
    if (first) {
      await this.#notify(userId, message, now)
      return
    }
    // While this one asked, another message may have begun to be held.
    if (this.#hold(key, message)) return
    const timer = setTimeout(() => {
      const messages = this.#held.get(key)?.messages ?? [message]
      this.#held.delete(key)
      this.#notifyLater(userId, messages).catch((error: unknown) => this.observer.failed(error))
    }, leftMs)
    this.#held.set(key, { messages: [message], timer })
  }

  /** Adds a message to those that are held. False: none are held for this person and group. */
  #hold(key: string, message: PostedMessage): boolean {
    const held = this.#held.get(key)
    if (!held) return false
    held.messages.push(message)
    if (held.messages.length > MAX_HELD) held.messages.shift()
    return true
  }

  /**
   * Decides again at the end of a pause: meanwhile messages may be edited or deleted, and the person gone, back or a reader. The newest that
   * still concerns them is told: an answer in a thread that they have left hides none of those before it.
   */
  async #notifyLater(userId: string, messages: readonly PostedMessage[]): Promise<void> {
    const [{ groupId } = { groupId: '' }] = messages
    const readUpTo = await this.memory.readUpTo(userId, groupId)
    const member = this.audience.member(groupId, userId)
    if (!member) return
    const unread = messages.filter(({ seq }) => seq > readUpTo)
    for (const message of unread.toReversed().sort((a, b) => b.sentAt - a.sentAt)) {
      const present = await this.#present(message)
      if (!present || (await this.#toNotify(present, [member])).length === 0) continue
      await this.#notifyOrHold(userId, present, Date.now())
      return
    }
  }

  /** With its present text; undefined: it is deleted. */
  async #present(message: PostedMessage): Promise<PostedMessage | undefined> {
    const change = await this.memory.changeOf(message.posted.messageId)
    if (change === 'deleted') return undefined
    return change ? { ...message, posted: { ...message.posted, text: change.text } } : message
  }

  async #notify(userId: string, message: PostedMessage, now: number): Promise<void> {
    const { posted, groupId } = message
    const group = this.audience.group(groupId)
    const devices = await this.subscriptions.living([userId], now)
    if (!group || devices.length === 0) return
    const names = await this.people.names([posted.authorId, ...(posted.mentions?.userIds ?? [])])
    const sessionIds = devices.map(({ sessionId }) => sessionId)
    await this.memory.noteShown(userId, groupId, sessionIds)
    await this.memory.noteNotified(userId, groupId, posted.messageId)
    // When it is edited or deleted at this moment, either it is known here, or whoever handles that finds this note.
    const present = await this.#present(message)
    if (present) for (const device of devices) this.#send(device, group, present, names)
  }

  #send(device: PushDevice, group: NotifiedGroup, message: PostedMessage, names: ReadonlyMap<string, string>): void {
    const terms = { ttlSeconds: TTL_SECONDS, urgency: 'normal', topic: topicOf(group.id) } as const
    const retryWith = async () => {
      const present = await this.#present(message)
      return present && this.#noteOf(device, group, present, names)
    }
    this.sender.send(device, this.#noteOf(device, group, message, names), terms, retryWith)
  }

  #noteOf(
    { userId, locale }: PushDevice,
    group: NotifiedGroup,
    { posted, sentAt }: PostedMessage,
    names: ReadonlyMap<string, string>,
  ): Note {
    const { messageId, text, attachments, poll } = posted
    return messageNote(
      { messageId, text, attachments, sentAt, poll: poll !== undefined },
      { id: group.id, name: group.name, direct: group.kind === GroupKind.DIRECT },
      { hideContent: this.preferences.general(userId).state.hideContent, locale },
      (id) => names.get(id) ?? '?',
      posted.authorName || (names.get(posted.authorId) ?? ''),
    )
  }
}

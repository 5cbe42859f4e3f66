import type { StoredCommit } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import { GroupKind, type MessagePosted } from '@beseda/proto/group/v1/events'
import type { Note } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { messageNote } from '../domain/note.js'
import { isAway, wishToBeTold } from '../domain/recipients.js'
import { topicOf } from '../domain/topic.js'
import {
  type GroupRow,
  groupById,
  hasBlocked,
  type PushRow,
  reachableMembers,
  roleIn,
  settingsOf,
  wishOf,
} from '../projections/queries.js'
import type { Memory, People } from './ports.js'
import type { Sender } from './sender.js'
import type { Subscriptions } from './subscriptions.js'

/** Of one group a person is told at most so often; the newest of what came in between is told at its end. */
const EVERY_MS = 8_000
/** Held for one pause: so many of the newest could be deleted and there would still be one to tell. */
const MAX_HELD = 8
/** A message that could not be pushed within a day is found on opening the page. */
const TTL_SECONDS = 24 * 3_600
const VIEW_MS = 10_000

interface Told {
  readonly posted: MessagePosted
  readonly groupId: string
  readonly sentAt: number
  readonly seq: number
}

/** Tells people who are away of what was said. */
export class MessagePushes {
  /** Who waits for the end of a pause, with what was said meanwhile, the newest last. */
  readonly #held = new Map<string, { told: Told[]; timer: ReturnType<typeof setTimeout> }>()

  constructor(
    private readonly history: GroupHistory,
    private readonly people: People,
    private readonly subscriptions: Subscriptions,
    private readonly memory: Memory,
    private readonly sender: Sender,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** A commit of the messages lane, seen by one replica only. */
  async posted(groupId: string, { stream, seq, commit }: StoredCommit, now: number): Promise<void> {
    const sentAt = commit.time ? timestampMs(commit.time) : now
    const posts = commit.events.flatMap(({ body }) => (body.case === 'messagePosted' ? [body.value] : []))
    if (posts.length === 0) return
    // The roster as of this commit at least: who was removed before it is told nothing of it.
    await this.history.deps.projection.waitFor(stream, seq, AbortSignal.timeout(VIEW_MS))
    for (const posted of posts) {
      const told = { posted, groupId, sentAt, seq }
      const away = await this.#whoIsAway(this.#candidates(told).map(({ userId }) => userId))
      await Promise.all(away.map((userId) => this.#tellOrHold(userId, told, now)))
    }
  }

  /** It was read on some device: what others show of the group goes, and what is held, on whatever replica, is not told. */
  async read(userId: string, groupId: string, seq: number, now: number): Promise<void> {
    await this.memory.read(userId, groupId, seq)
    const shown = new Set(await this.memory.takeShown(userId, groupId))
    if (shown.size === 0) return
    for (const device of await this.subscriptions.living([userId], now)) {
      if (shown.has(device.session_id)) {
        this.sender.send(
          device,
          { kind: 'read', groupId },
          { ttlSeconds: TTL_SECONDS, urgency: 'low', topic: topicOf(groupId) },
        )
      }
    }
  }

  stop(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer)
    this.#held.clear()
  }

  /** Reachable members who wish to be told, as the view has it now. */
  #candidates({ posted, groupId }: Told, only?: string) {
    const { view } = this.history
    const group = groupById(view, groupId)
    if (!group) return []
    const role = only === undefined ? undefined : roleIn(view, groupId, only)
    const members =
      only === undefined ? reachableMembers(view, groupId) : role === undefined ? [] : [{ user_id: only, role }]
    const candidates = members.map(({ user_id: userId, role }) => ({
      userId,
      role,
      wish: wishOf(view, userId, groupId),
      quietHours: settingsOf(view, userId)?.quietHours,
      hasBlockedAuthor: hasBlocked(view, userId, posted.authorId),
    }))
    return wishToBeTold(posted, { kind: group.kind, archived: group.archived === 1 }, candidates, Date.now())
  }

  async #whoIsAway(userIds: readonly string[]): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    const attention = await this.people.attention(userIds)
    return userIds.filter((userId) => isAway(attention.get(userId)))
  }

  async #tellOrHold(userId: string, told: Told, now: number): Promise<void> {
    const key = `${userId} ${told.groupId}`
    if (this.#join(key, told)) return
    const { first, leftMs } = await this.memory.claim(userId, told.groupId, EVERY_MS)
    if (first) {
      await this.#tell(userId, told, now)
      return
    }
    // Somebody else may have begun to hold while this one asked.
    if (this.#join(key, told)) return
    const timer = setTimeout(() => {
      const all = this.#held.get(key)?.told ?? [told]
      this.#held.delete(key)
      this.#tellLater(userId, all).catch(this.onFailure)
    }, leftMs)
    this.#held.set(key, { told: [told], timer })
  }

  /** False: nothing is held of the group for the person. */
  #join(key: string, told: Told): boolean {
    const held = this.#held.get(key)
    if (!held) return false
    held.told.push(told)
    if (held.told.length > MAX_HELD) held.told.shift()
    return true
  }

  /** What held a while ago may not hold now: the message may be another or gone, the person may have left, or be back. */
  async #tellLater(userId: string, all: readonly Told[]): Promise<void> {
    const [{ groupId } = { groupId: '' }] = all
    const readUpTo = await this.memory.readUpTo(userId, groupId)
    const told = await this.#newest(all.filter(({ seq }) => seq > readUpTo))
    if (!told || this.#candidates(told, userId).length === 0) return
    if ((await this.#whoIsAway([userId])).length > 0) await this.#tellOrHold(userId, told, Date.now())
  }

  /** The newest that is still there, as it reads now. */
  async #newest(all: readonly Told[]): Promise<Told | undefined> {
    for (const told of all.toReversed().sort((a, b) => b.sentAt - a.sentAt)) {
      const change = await this.memory.changeOf(told.posted.messageId)
      if (change === undefined) return told
      if (change !== 'deleted') return { ...told, posted: { ...told.posted, text: change.text } }
    }
    return undefined
  }

  async #tell(userId: string, told: Told, now: number): Promise<void> {
    const { posted, groupId } = told
    const group = groupById(this.history.view, groupId)
    const devices = await this.subscriptions.living([userId], now)
    if (!group || devices.length === 0) return
    const names = await this.people.names([posted.authorId, ...(posted.mentions?.userIds ?? [])])
    await this.memory.shown(
      userId,
      groupId,
      devices.map(({ session_id }) => session_id),
    )
    await this.memory.told(userId, groupId, posted.messageId)
    // Edited or deleted meanwhile: either it is known here, or who hears of it finds that it was told.
    const present = await this.#newest([told])
    if (present) for (const device of devices) this.#send(device, group, present, names)
  }

  #send(device: PushRow, group: GroupRow, told: Told, names: ReadonlyMap<string, string>): void {
    const terms = { ttlSeconds: TTL_SECONDS, urgency: 'normal', topic: topicOf(group.id) } as const
    const again = async () => {
      const present = await this.#newest([told])
      return present && this.#noteOf(device, group, present, names)
    }
    this.sender.send(device, this.#noteOf(device, group, told, names), terms, again)
  }

  #noteOf(device: PushRow, group: GroupRow, { posted, sentAt }: Told, names: ReadonlyMap<string, string>): Note {
    const reader = {
      hideContent: settingsOf(this.history.view, device.user_id)?.hideContent ?? false,
      locale: device.locale,
    }
    return messageNote(
      { messageId: posted.messageId, text: posted.text, attachments: posted.attachments, sentAt },
      { id: group.id, name: group.name, direct: group.kind === GroupKind.DIRECT },
      reader,
      (id) => names.get(id) ?? '?',
      posted.authorName || (names.get(posted.authorId) ?? ''),
    )
  }
}

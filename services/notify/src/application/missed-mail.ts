import { forEachSettled } from '@beseda/async'
import type { StoredCommit } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { notifyMailSubject } from '@beseda/proto'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { MailChoice } from '@beseda/proto/notify/v1/events'
import { isAdmin, mentionsMember, mentionTargets } from '@beseda/rules'
import { isMissed, missedBy, noteMissed, settleMissed, writtenMissed } from '../domain/mail/missed.js'
import { membersToNotify } from '../domain/notes/recipients.js'
import type { Correspondents, MissedStore } from './mail-ports.js'
import { changeOwn } from './own-subject.js'
import type { Audience, Member, NotifiedGroup, People, PreferencesStore, ViewFreshness } from './ports.js'

const TIMEOUT_MS = 10_000
/** People who are noted at once: a mention of all in a large group is many events. */
const AT_ONCE = 16

/** Notes for whom a message is one that they may miss, so that they are written to (ADR 104). */
export class MissedMail {
  constructor(
    private readonly history: GroupHistory,
    private readonly freshness: ViewFreshness,
    private readonly audience: Audience,
    private readonly preferences: PreferencesStore,
    private readonly store: Pick<MissedStore, 'load'>,
    private readonly people: Pick<People, 'attention'>,
    private readonly correspondents: Pick<Correspondents, 'reachable'>,
    /** False: the installation sends no mail. */
    private readonly available: boolean,
  ) {}

  /** A commit of lane `messages`, which one replica gets. */
  async posted(groupId: string, { stream, seq, commit }: StoredCommit, now: number): Promise<void> {
    const posts = commit.events.flatMap(({ body }) => (body.case === 'messagePosted' ? [body.value] : []))
    if (posts.length === 0 || !this.available) return
    await this.freshness.reached(stream, Number(commit.rosterSeq))
    if (!this.audience.group(groupId)) await this.freshness.reached(stream, seq)
    const group = this.audience.group(groupId)
    if (!group) return
    const missing = new Set(posts.flatMap((posted) => this.#missing(posted, group, now)))
    const away = await this.#away([...missing])
    const zones = away.length === 0 ? new Map<string, string>() : await this.correspondents.reachable(away)
    await forEachSettled(
      zones,
      ([userId]) => `person ${userId}`,
      ([userId, zone]) => this.#note(userId, zone, now),
      AT_ONCE,
    )
  }

  /** The person was there, and has seen what there was to see: nobody writes to them. A digest is of what stays unread. */
  async seen(userId: string): Promise<void> {
    const { waiting, letters } = this.store.load(userId).state
    if (waiting ? !waiting.digest : letters > 0) await this.settle(userId)
  }

  /** There is nothing to write about any more. */
  async settle(userId: string): Promise<void> {
    await this.#change(userId, settleMissed)
  }

  /** The letter is queued. */
  async written(userId: string): Promise<void> {
    await this.#change(userId, writtenMissed)
  }

  /** Who is written to, and has not seen the message; those for whom something is noted already get one letter about both. */
  #missing(posted: MessagePosted, group: NotifiedGroup, now: number): readonly string[] {
    const sources = [posted.authorId, ...(posted.forwarded ? [posted.forwarded.authorId] : [])]
    const candidates = this.#readers(posted, group).flatMap(({ userId, role }) => {
      const { mail } = this.preferences.general(userId).state
      if (!isMissed(mail, group.kind, mentionsMember(posted, { userId, role }))) return []
      const preference = this.preferences.group(userId, group.id).state
      const hasBlocked = sources.some((source) => this.audience.hasBlocked(userId, source))
      // In quiet hours, too, people miss things; the letter comes after them. It is about what calls them, and no thread calls who follows it.
      return [{ userId, role, preference, quietHours: undefined, hasBlocked, follows: false }]
    })
    return membersToNotify(posted, group, candidates, now).flatMap(({ userId }) =>
      this.store.load(userId).state.waiting ? [] : [userId],
    )
  }

  /** Members whom the message may concern: in a group those whom it mentions, and those who want a digest. */
  #readers(posted: MessagePosted, { id, kind }: NotifiedGroup): readonly Member[] {
    const { all, admins } = posted.mentions ?? {}
    if (kind === GroupKind.DIRECT || all) return this.audience.members(id)
    const readers = [
      ...this.audience.membersByChoice(id, MailChoice.DAILY),
      ...mentionTargets(posted).flatMap((userId) => this.audience.member(id, userId) ?? []),
      ...(admins ? this.audience.members(id).filter(({ role }) => isAdmin(role)) : []),
    ]
    return [...new Map(readers.map((one) => [one.userId, one])).values()]
  }

  async #away(userIds: readonly string[]): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    const attention = await this.people.attention(userIds)
    // A digest is of what is unread, whether the person was there or not.
    const wantsDigest = (userId: string) => this.preferences.general(userId).state.mail === MailChoice.DAILY
    return userIds.filter((userId) => wantsDigest(userId) || !attention.get(userId)?.active)
  }

  async #note(userId: string, zone: string, now: number): Promise<void> {
    const { mail, quietHours } = this.preferences.general(userId).state
    await this.#change(userId, (present) => {
      const missed = missedBy(mail, present.letters, now, zone || (quietHours?.timeZone ?? ''))
      return missed ? noteMissed(missed, present) : []
    })
  }

  #change(userId: string, decide: Parameters<typeof changeOwn<ReturnType<MissedStore['load']>['state']>>[4]) {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const caller: Caller = { userId, commandId: newId(), now: new Date(), traceparent: undefined, signal }
    return changeOwn(this.history, caller, notifyMailSubject(userId), () => this.store.load(userId), decide)
  }
}

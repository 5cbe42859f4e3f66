import { GroupKind } from '@beseda/proto/group/v1/events'
import { MailChoice } from '@beseda/proto/notify/v1/events'
import { type MissedIn, missedIn, type Unread } from '../domain/mail/counts.js'
import type { Correspondents, ReadCounts } from './mail-ports.js'
import type { Audience, People, PreferencesStore } from './ports.js'

/** Conversations that a letter names. More: a letter that nobody reads to its end. */
const MOST_NAMED = 10

/** What a letter says. */
export interface MissedCounts {
  readonly mentions: number
  readonly messages: number
  readonly conversations: number
  /** Empty unless letters name conversations. */
  readonly named: readonly { readonly name: string; readonly messages: number; readonly mentions: number }[]
}

/** Counts what people have missed at the moment when they are written to. */
export class MissedQueries {
  constructor(
    private readonly audience: Audience,
    private readonly preferences: PreferencesStore,
    private readonly people: Pick<People, 'attention' | 'names'>,
    private readonly correspondents: Pick<Correspondents, 'counts'>,
    /** Letters name conversations and people. */
    private readonly names: boolean,
  ) {}

  /** Undefined: there is nothing to write about: it was read, the person is there, or they want no such letter any more. */
  async of(userId: string, digest: boolean, now: number): Promise<MissedCounts | undefined> {
    const { mail, hideContent } = this.preferences.general(userId).state
    if (mail === MailChoice.OFF || digest !== (mail === MailChoice.DAILY)) return undefined
    if (!digest && (await this.people.attention([userId])).get(userId)?.active) return undefined
    const counts = await this.correspondents.counts(userId)
    const missed = missedIn(
      counts.flatMap((one) => this.#conversation(userId, one)),
      digest,
      now,
    )
    if (missed.length === 0) return undefined
    const sum = (count: (one: MissedIn) => number) => missed.reduce((total, one) => total + count(one), 0)
    return {
      mentions: sum(({ mentions }) => mentions),
      messages: sum(({ messages }) => messages),
      conversations: missed.length,
      named: this.names && !hideContent ? await this.#named(userId, missed.slice(0, MOST_NAMED)) : [],
    }
  }

  #conversation(userId: string, { groupId, unread, mentions }: ReadCounts): readonly Unread[] {
    const group = this.audience.group(groupId)
    if (!group) return []
    const preference = this.preferences.group(userId, groupId).state
    return [{ groupId, kind: group.kind, archived: group.archived, preference, unread, mentions }]
  }

  async #named(userId: string, missed: readonly MissedIn[]): Promise<MissedCounts['named']> {
    const others = new Map(missed.map(({ groupId }) => [groupId, this.#other(userId, groupId)]))
    const names = await this.people.names([...others.values()])
    return missed.map(({ groupId, messages, mentions }) => {
      const name = this.audience.group(groupId)?.name || names.get(others.get(groupId) ?? '') || ''
      return { name, messages, mentions }
    })
  }

  /** The other person of a direct chat; empty: it is none. */
  #other(userId: string, groupId: string): string {
    if (this.audience.group(groupId)?.kind !== GroupKind.DIRECT) return ''
    return this.audience.members(groupId).find((member) => member.userId !== userId)?.userId ?? ''
  }
}

import {
  type CallTerms,
  CallTermsSchema,
  type OccurrenceChanged,
  OccurrenceChangedSchema,
} from '@beseda/proto/call/v1/events'
import { type CallInvitationRef, LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { MailChoice } from '@beseda/proto/notify/v1/events'
import { endOf } from '@beseda/rules/schedule'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Invited } from '../domain/invitations/invitations.js'
import type { InvitationStore } from './invitation-ports.js'
import type { LetterQueue } from './mail-ports.js'
import type { LetterIds } from './missed-letters.js'
import type { Audience, PreferencesStore, ViewFreshness } from './ports.js'
import type { ReminderStore } from './reminder-ports.js'

/** What stands in an invitation; without terms in one that calls all of it off. */
export interface DescribedInvitation {
  readonly terms: CallTerms | undefined
  readonly changes: readonly OccurrenceChanged[]
}

type InvitationState = Pick<CallInvitationRef, 'groupId' | 'scheduleId' | 'sequence' | 'letterSequence'>

/** Letters with a scheduled call for a calendar; people end them as the letters about what they have missed. */
export class InvitationLetters {
  constructor(
    private readonly store: Pick<InvitationStore, 'of'>,
    private readonly schedules: Pick<ReminderStore, 'schedule'>,
    private readonly freshness: Pick<ViewFreshness, 'caughtUp'>,
    private readonly audience: Pick<Audience, 'member'>,
    private readonly preferences: Pick<PreferencesStore, 'general'>,
    private readonly queue: LetterQueue,
    private readonly ids: LetterIds,
    /** Letters name conversations and people. */
    private readonly names: boolean,
  ) {}

  /** The same letter each time: the queue drops one that it has. */
  async write(userId: string, invited: Invited, now: number): Promise<void> {
    const { groupId, scheduleId, sequence, letterSequence, startsAt, cancelled } = invited
    const kind = cancelled ? LetterKind.CALL_CANCELLATION : LetterKind.CALL_INVITATION
    const numbers = [kind, sequence, letterSequence].map(String)
    const id = this.ids.id('letter', 'invitation', userId, scheduleId, ...numbers)
    const invitation = { groupId, scheduleId, sequence, letterSequence, startsAt: timestampFromMs(startsAt) }
    await this.queue.add(create(LetterSchema, { id, kind, userId, invitation, writtenAt: timestampFromMs(now) }))
  }

  /** At the moment when it is sent. Undefined: there is nothing to write about, or a newer letter says it. */
  async describe(
    userId: string,
    { groupId, scheduleId, sequence, letterSequence }: InvitationState,
    cancelled: boolean,
    now: number,
  ): Promise<DescribedInvitation | undefined> {
    await this.freshness.caughtUp(groupId)
    const { mail, callInvitations, hideContent } = this.preferences.general(userId).state
    const newest = this.store.of(userId).state.find((one) => one.scheduleId === scheduleId)
    const isOld = newest !== undefined && newest.letterSequence > letterSequence
    if (!callInvitations || mail === MailChoice.OFF || isOld) return undefined
    const schedule = this.audience.member(groupId, userId) ? this.schedules.schedule(groupId, scheduleId) : undefined
    const endsAt = schedule ? endOf(schedule) : 0
    if (!schedule || endsAt === 0) return cancelled ? { terms: undefined, changes: [] } : undefined
    // What has changed since, and what stands again, gets a letter of its own.
    if (endsAt > now ? cancelled || schedule.sequence !== sequence : !cancelled) return undefined
    // Calls that took place stay in a calendar: what ends a repeated call then is its newest state.
    const title = this.names && !hideContent ? schedule.terms.title : ''
    const terms = create(CallTermsSchema, { ...schedule.terms, title })
    const changes = [...schedule.changes].map(([occurrence, change]) =>
      create(OccurrenceChangedSchema, { scheduleId, occurrence, ...change }),
    )
    return { terms, changes }
  }
}

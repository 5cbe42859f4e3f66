import { forEachSettled } from '@beseda/async'
import { newId } from '@beseda/kernel'
import type { CalendarWriter } from './calendar-writer.js'
import type { CallInvitations } from './call-invitations.js'
import type { ListArrangements } from './list-arrangements.js'
import type { MissedMail } from './missed-mail.js'
import type { NotificationPreferences } from './notification-preferences.js'
import type { Audience } from './ports.js'
import type { PushSubscriptions } from './push-subscriptions.js'

const TIMEOUT_MS = 10_000

/** Removes devices, preferences, arranged lists and connected calendars of people whose accounts were deleted. */
export class DepartedPeople {
  constructor(
    private readonly audience: Pick<Audience, 'departedWithTraces'>,
    private readonly subscriptions: Pick<PushSubscriptions, 'endAll'>,
    private readonly preferences: Pick<NotificationPreferences, 'forget'>,
    private readonly arrangements: Pick<ListArrangements, 'forget'>,
    private readonly missed: Pick<MissedMail, 'settle'>,
    private readonly invitations: Pick<CallInvitations, 'forget'>,
    private readonly calendars: Pick<CalendarWriter, 'forget'>,
  ) {}

  /** Errors: PartialFailure with the people whose traces could not be removed; the next round tries again. */
  async round(): Promise<void> {
    await forEachSettled(
      this.audience.departedWithTraces(),
      (userId) => `person ${userId}`,
      async (userId) => {
        // First: with what it keeps it can sign in elsewhere.
        await this.calendars.forget(userId)
        await this.subscriptions.endAll(userId)
        const signal = AbortSignal.timeout(TIMEOUT_MS)
        const caller = { userId, commandId: newId(), now: new Date(), traceparent: undefined, signal }
        await this.preferences.forget(userId, caller)
        await this.arrangements.forget(caller)
        await this.missed.settle(userId)
        await this.invitations.forget(userId)
      },
    )
  }
}

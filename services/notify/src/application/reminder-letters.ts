import { forEachSettled } from '@beseda/async'
import { LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { CallReminder, MailChoice } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Correspondents, LetterQueue } from './mail-ports.js'
import type { LetterIds } from './missed-letters.js'
import type { Audience, PreferencesStore } from './ports.js'
import type { ReminderNotice, ReminderStore } from './reminder-ports.js'

/** Letters that are queued side by side. Fewer: a large group outlasts the lease of its round. */
const LETTERS_AT_ONCE = 32

/** What a letter says. */
export interface DescribedCall {
  /** Empty unless letters name conversations. */
  readonly title: string
}

/** Reminds people by mail whom nothing else reaches; they end it as the letters about what they have missed. */
export class ReminderLetters {
  constructor(
    private readonly store: Pick<ReminderStore, 'schedule' | 'startsAt'>,
    private readonly audience: Pick<Audience, 'group' | 'member'>,
    private readonly preferences: Pick<PreferencesStore, 'general'>,
    private readonly correspondents: Pick<Correspondents, 'reachable'>,
    private readonly queue: LetterQueue,
    private readonly ids: LetterIds,
    private readonly options: {
      /** False: the installation sends no mail. */
      readonly available: boolean
      /** Letters name conversations and people. */
      readonly names: boolean
    },
  ) {}

  /** The same letter each time: the queue drops one that it has. */
  async write(call: ReminderNotice, userIds: readonly string[], now: number): Promise<void> {
    const wanting = userIds.filter((userId) => this.#wants(userId))
    if (!this.options.available || wanting.length === 0) return
    const { groupId, scheduleId } = call
    const startsAt = timestampFromMs(call.startsAt)
    await forEachSettled(
      (await this.correspondents.reachable(wanting)).keys(),
      (userId) => `person ${userId}`,
      async (userId) => {
        const id = this.ids.id('letter', 'reminder', userId, scheduleId, String(call.startsAt))
        const about = { kind: LetterKind.CALL_REMINDER, userId, call: { groupId, scheduleId, startsAt } }
        await this.queue.add(create(LetterSchema, { id, ...about, writtenAt: timestampFromMs(now) }))
      },
      LETTERS_AT_ONCE,
    )
  }

  /** At the moment when it is sent; `startsAt`: Unix ms. Undefined: there is nothing to remind of any more. */
  describe(
    userId: string,
    { groupId, scheduleId, startsAt }: Omit<ReminderNotice, 'title'>,
    now: number,
  ): DescribedCall | undefined {
    const schedule = this.store.schedule(groupId, scheduleId)
    const isAhead = startsAt > now && this.store.startsAt(groupId, scheduleId, startsAt)
    const isMember = this.audience.member(groupId, userId) !== undefined
    if (!schedule || !isAhead || !isMember || !this.#wants(userId)) return undefined
    const { callReminder, hideContent } = this.preferences.general(userId).state
    if (callReminder === CallReminder.OFF) return undefined
    return { title: this.options.names && !hideContent ? schedule.terms.title : '' }
  }

  #wants(userId: string): boolean {
    return this.preferences.general(userId).state.mail !== MailChoice.OFF
  }
}

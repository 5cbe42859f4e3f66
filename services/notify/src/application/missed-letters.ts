import { forEachSettled } from '@beseda/async'
import type { GroupHistory } from '@beseda/history'
import { NOTIFY_STREAM, notifyMailSubject } from '@beseda/proto'
import { LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { type Step, stepOf } from '../domain/mail/missed.js'
import type { LetterQueue, MissedStore, Waiting } from './mail-ports.js'
import type { MissedMail } from './missed-mail.js'
import type { People, PreferencesStore } from './ports.js'

/** People who are looked at together. */
const PAGE = 500

/** Makes an id that only this installation can compute. */
export interface LetterIds {
  id(kind: string, ...parts: readonly string[]): string
}

/** Writes to people about what they have missed, when it is time. */
export class MissedLetters {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: MissedStore,
    private readonly preferences: PreferencesStore,
    private readonly people: Pick<People, 'attention'>,
    private readonly missed: Pick<MissedMail, 'settle' | 'written'>,
    private readonly queue: LetterQueue,
    private readonly ids: LetterIds,
  ) {}

  /** Errors: PartialFailure with the people for whom it failed; the next round tries again. */
  async round(now: number): Promise<void> {
    for (let last = ''; ; ) {
      const page = this.store.page(last, PAGE)
      const attention = page.length === 0 ? new Map() : await this.people.attention(page.map(({ userId }) => userId))
      const step = (waiting: Waiting): Step => {
        const { mail, quietHours } = this.preferences.general(waiting.userId).state
        const { active = false, doNotDisturb = false } = attention.get(waiting.userId) ?? {}
        return stepOf(waiting, { choice: mail, quietHours, active, doNotDisturb }, now)
      }
      await forEachSettled(
        page,
        ({ userId }) => `person ${userId}`,
        (waiting) => this.#take(waiting, step(waiting), now),
      )
      last = page.at(-1)?.userId ?? ''
      if (page.length < PAGE) return
    }
  }

  /**
   * The letter first: if the process ends before the round is settled, the next one queues the same letter, which the queue knows. What another
   * replica has settled is not written about again, however far this view is behind.
   */
  async #take(waiting: Waiting, step: Step, now: number): Promise<void> {
    if (step === 'wait') return
    const { userId, seq, digest } = waiting
    if (step === 'write') {
      const newest = await this.history.deps.store.last(NOTIFY_STREAM, notifyMailSubject(userId))
      if (newest?.seq !== seq) return
      const id = this.ids.id('letter', 'missed', userId, String(seq))
      const kind = digest ? LetterKind.DIGEST : LetterKind.MISSED
      await this.queue.add(create(LetterSchema, { id, kind, userId, writtenAt: timestampFromMs(now) }))
      await this.missed.written(userId)
    } else await this.missed.settle(userId)
  }
}

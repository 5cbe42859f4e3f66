import { forEachSettled } from '@beseda/async'
import type { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import type { MessageChanges } from '../../messages/application/message-changes.js'
import { RULED_KINDS, type RuledKind } from '../domain/retention.js'
import { holdsUpToDate } from './holds-up-to-date.js'
import type { OldMessages, Outlived, RetentionStore } from './ports.js'

const DAY_MS = 24 * 3_600_000
/** Messages that are looked at, and at most deleted, in one step, so that other work comes in between. */
const STEP = 500
const TIMEOUT_MS = 10_000

/**
 * Deletes what is older than the rule says, as if somebody had deleted it: people see it go, views and sinks drop it, and the eraser takes it out of the
 * log (ADR 9). All replicas do it; a message that is deleted already is left alone.
 */
export class RetentionWorker {
  /** By kind: the last message that was looked at. Everything before is younger than the rule, deleted, or held. */
  readonly #looked = new Map<RuledKind, number>()
  /** Sequence of the rule and holds that was looked with: after a change everything is looked at again. */
  #asOf = 0

  constructor(
    private readonly history: GroupHistory,
    private readonly store: RetentionStore,
    private readonly messages: OldMessages,
    private readonly changes: Pick<MessageChanges, 'remove'>,
  ) {}

  /** Errors: PartialFailure with what is left for the next round. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      RULED_KINDS,
      (kind) => `kind ${kind}`,
      (kind) => this.#roundOf(kind, now),
    )
  }

  async #roundOf(kind: RuledKind, now: Date): Promise<void> {
    for (let more = true; more; ) more = await this.#step(kind, now)
  }

  /** The rule and the holds are those that stand in the log when the step begins. False: nothing is left. */
  async #step(kind: RuledKind, now: Date): Promise<boolean> {
    await holdsUpToDate(this.history.deps)
    const { state, lastSeq } = this.store.load()
    if (lastSeq !== this.#asOf) this.#looked.clear()
    this.#asOf = lastSeq
    const days = state.rule[kind]
    if (days === 0) return false
    const looked = this.#looked.get(kind) ?? 0
    const { messages, next } = this.messages.after(looked, now.getTime() - days * DAY_MS, kind, STEP)
    await this.#delete(messages, now)
    if (next !== undefined) this.#looked.set(kind, next)
    return next !== undefined
  }

  async #delete(messages: readonly Outlived[], now: Date): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    await forEachSettled(
      messages,
      ({ groupId, messageId }) => `group ${groupId}, message ${messageId}`,
      ({ groupId, messageId }) => {
        const caller = { commandId: newId(), userId: '', now, traceparent: undefined, signal }
        return this.changes.remove(groupId, messageId, caller)
      },
      STEP,
    )
  }
}

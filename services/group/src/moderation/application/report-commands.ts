import { forEachSettled } from '@beseda/async'
import { confirmRefusals, handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { newId, Refusal } from '@beseda/kernel'
import { personalStream, reportSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { ReportOutcome, type ReportReason } from '@beseda/proto/moderation/v1/events'
import type { Access } from '../../groups/application/access.js'
import type { MessageChanges } from '../../messages/application/message-changes.js'
import type { MessageStore } from '../../messages/application/ports.js'
import { type Report, reportDecider } from '../domain/report.js'
import type { Administrators, ReportKey, ReportRecord, ReportStore } from './ports.js'

/** Reports that one round writes anew. */
const BATCH = 100
const TIMEOUT_MS = 10_000

type Decide = (report: Report) => ReturnType<typeof reportDecider.decide>

/**
 * Reports of messages to the administrators. A report holds no copy of the message: it points to a revision in the log (ADR 36), so
 * that a message that is deleted for all is gone here as well.
 */
export class ReportCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly messages: Pick<MessageStore, 'visible'>,
    private readonly changes: Pick<MessageChanges, 'remove'>,
    private readonly store: ReportStore,
    private readonly administrators: Administrators,
  ) {}

  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND; NOT_PERMITTED for the author of the message. */
  async report(groupId: string, messageId: string, reason: ReportReason, words: string, caller: Caller): Promise<void> {
    const { userId: reporterId, now, signal } = caller
    const message = await this.access.asMember(groupId, reporterId, 0, signal, ({ reader }) => {
      const found = this.messages.visible(groupId, messageId, reader)
      if (!found || found.deleted) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      return { id: messageId, authorId: found.authorId, wordingSeq: found.editedSeq || found.seq }
    })
    const command = { type: 'Report', reporterId, message, reason, words, now: now.getTime() } as const
    await this.#run({ groupId, messageId, reporterId }, caller, (report) => reportDecider.decide(command, report))
  }

  /** Closes all reports of one message, by an administrator. Errors: NOT_PERMITTED, REPORT_NOT_FOUND. */
  async close(groupId: string, messageId: string, outcome: ReportOutcome, note: string, caller: Caller): Promise<void> {
    const { userId: by, commandId, now, signal } = caller
    await this.administrators.require(by, signal)
    const [first, ...others] = await this.#reportsOf(groupId, messageId, signal)
    const deletes = outcome === ReportOutcome.MESSAGE_DELETED
    const action = deletes ? AdministratorAction.DELETE_MESSAGE : AdministratorAction.CLOSE_REPORT
    await this.administrators.record(action, caller, { groupId, messageId, aboutUserId: first.report.authorId })
    if (deletes) await this.changes.remove(groupId, messageId, caller)
    const command = { type: 'Close', by, outcome, note, now: now.getTime() } as const
    for (const { reporterId } of [first, ...others]) {
      const own = { ...caller, commandId: `${commandId}.${reporterId}` }
      await this.#run({ groupId, messageId, reporterId }, own, (report) => reportDecider.decide(command, report))
    }
  }

  /**
   * Removes words that may not be kept from the log: the view has dropped them already, and the newest commit of a subject replaces the one before.
   * Errors: PartialFailure.
   */
  async redact(now: Date): Promise<void> {
    await forEachSettled(
      this.store.due(BATCH),
      ({ groupId, messageId }) => `group ${groupId}, report of ${messageId}`,
      (key) => {
        const signal = AbortSignal.timeout(TIMEOUT_MS)
        const caller = { commandId: newId(), userId: '', now, traceparent: undefined, signal }
        return this.#run(key, caller, (report) => (report ? [{ case: 'reportChanged', value: report }] : []))
      },
    )
  }

  /** At least one. Errors: REPORT_NOT_FOUND. */
  #reportsOf(groupId: string, messageId: string, signal: AbortSignal): Promise<[ReportRecord, ...ReportRecord[]]> {
    const { deps } = this.history
    const partition = this.history.partition(groupId)
    const filter = reportSubject(partition, groupId, '*', messageId)
    return confirmRefusals({ ...deps, stream: personalStream(partition), filter, signal }, () => {
      const [first, ...others] = this.store.ofMessage(groupId, messageId)
      if (!first) throw new Refusal(ErrorReason.REPORT_NOT_FOUND)
      return [first, ...others]
    })
  }

  async #run(key: ReportKey, caller: Caller, decide: Decide): Promise<void> {
    const { groupId, messageId, reporterId } = key
    const partition = this.history.partition(groupId)
    await handleCommand<Report>(this.history.deps, {
      ...caller,
      actorId: caller.userId,
      key: `report ${messageId} ${reporterId}`,
      stream: personalStream(partition),
      subject: reportSubject(partition, groupId, reporterId, messageId),
      load: () => this.store.load(key),
      decide,
    })
  }
}

import { forEachSettled } from '@beseda/async'
import { handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { newId, Refusal } from '@beseda/kernel'
import { personalStream, reportSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MessageDeletedSchema } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { ReportOutcome, type ReportReason } from '@beseda/proto/moderation/v1/events'
import { create } from '@bufbuild/protobuf'
import type { Access } from '../../groups/application/access.js'
import { messageById, visibleMessage } from '../../messages/adapters/views/message-reader.js'
import type { MessageLane } from '../../messages/application/message-lane.js'
import {
  bodyOf,
  dueReports,
  openReports,
  type ReportPlace,
  type ReportRow,
  reportOf,
  reportsAfter,
  reportsOfMessage,
} from '../adapters/views/report-view.js'
import { type Report, reportDecider } from '../domain/report.js'
import type { Administrators } from './ports.js'

/** Reports written anew in one round. */
const BATCH = 100

type Decide = (report: Report) => ReturnType<typeof reportDecider.decide>

/**
 * What members show to the administrators. A report holds no copy of the message: it points at a wording in the log (wordings.ts), so that
 * what is deleted for all is gone here as well.
 */
export class Reports {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly lane: MessageLane,
    private readonly administrators: Administrators,
  ) {}

  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND, NOT_PERMITTED for one's own. */
  async report(groupId: string, messageId: string, reason: ReportReason, words: string, caller: Caller): Promise<void> {
    const { userId, now, signal } = caller
    const message = await this.access.asMember(groupId, userId, 0, signal, ({ reader }) => {
      const found = visibleMessage(this.history.view, groupId, messageId, reader)
      if (found?.deleted !== 0) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      return { id: messageId, authorId: found.author_id, wordingSeq: found.edited_seq || found.seq }
    })
    const command = { type: 'Report', reporterId: userId, message, reason, words, now: now.getTime() } as const
    await this.#run(groupId, messageId, userId, caller, (report) => reportDecider.decide(command, report))
  }

  /** For administrators: newest first, and how many are open. Errors: NOT_PERMITTED. */
  async list(closed: boolean, place: ReportPlace, limit: number, userId: string, signal: AbortSignal) {
    await this.administrators.require(userId, signal)
    const found = reportsAfter(this.history.view, closed, place, limit + 1)
    return { rows: found.slice(0, limit), hasMore: found.length > limit, open: openReports(this.history.view) }
  }

  /** All reports of one message, by an administrator. Errors: NOT_PERMITTED, REPORT_NOT_FOUND. */
  async close(groupId: string, messageId: string, outcome: ReportOutcome, note: string, caller: Caller): Promise<void> {
    const { userId: by, commandId, now, signal } = caller
    await this.administrators.require(by, signal)
    const rows = reportsOfMessage(this.history.view, groupId, messageId)
    const [first] = rows
    if (!first) throw new Refusal(ErrorReason.REPORT_NOT_FOUND)
    const deletes = outcome === ReportOutcome.MESSAGE_DELETED
    const action = deletes ? AdministratorAction.DELETE_MESSAGE : AdministratorAction.CLOSE_REPORT
    await this.administrators.record(action, caller, { groupId, messageId, aboutUserId: bodyOf(first).authorId })
    if (deletes) await this.#delete(groupId, messageId, caller)
    const command = { type: 'Close', by, outcome, note, now: now.getTime() } as const
    for (const { user_id: reporterId } of rows) {
      const own = { ...caller, commandId: `${commandId}.${reporterId}` }
      await this.#run(groupId, messageId, reporterId, own, (report) => reportDecider.decide(command, report))
    }
  }

  /** Words that must go leave the log: the view has them no more, and the newest commit of a subject takes the place of the one before. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      dueReports(this.history.view, BATCH),
      ({ group_id, message_id }) => `group ${group_id}, report of ${message_id}`,
      ({ group_id, message_id, user_id }) => {
        const signal = AbortSignal.timeout(10_000)
        const caller = { commandId: newId(), userId: '', now, traceparent: undefined, signal }
        return this.#run(group_id, message_id, user_id, caller, (report) =>
          report ? [{ case: 'reportChanged', value: report }] : [],
        )
      },
    )
  }

  async #delete(groupId: string, messageId: string, { commandId, userId: actorId, now, traceparent }: Caller) {
    const decide = () => {
      const message = messageById(this.history.view, groupId, messageId)
      if (message?.deleted !== 0) return undefined
      const value = create(MessageDeletedSchema, { messageId, threadId: message.thread_id })
      return { case: 'messageDeleted' as const, value }
    }
    await this.lane.submit(groupId, { commandId, actorId, now, traceparent, size: 100, decide })
  }

  async #run(groupId: string, messageId: string, reporterId: string, caller: Caller, decide: Decide): Promise<void> {
    const partition = this.history.partition(groupId)
    await handleCommand<Report>(this.history.deps, {
      ...caller,
      actorId: caller.userId,
      key: `report ${messageId} ${reporterId}`,
      stream: personalStream(partition),
      subject: reportSubject(partition, groupId, reporterId, messageId),
      load: () => {
        const row: ReportRow | undefined = reportOf(this.history.view, groupId, messageId, reporterId)
        return { state: row && bodyOf(row), lastSeq: row?.stored_seq ?? 0 }
      },
      decide,
    })
  }
}

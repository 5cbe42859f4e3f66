import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Event } from '@beseda/proto/log/v1/commit'
import {
  type ReportChanged,
  ReportChangedSchema,
  ReportOutcome,
  type ReportReason,
} from '@beseda/proto/moderation/v1/events'
import { cleanText } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

type EventBody = Event['body']

/** What one member reported to the administrators about one message; undefined: nothing. */
export type Report = ReportChanged | undefined

export type ReportCommand =
  | {
      readonly type: 'Report'
      readonly reporterId: string
      readonly message: { readonly id: string; readonly authorId: string; readonly wordingSeq: number }
      readonly reason: ReportReason
      readonly words: string
      /** Unix ms. */
      readonly now: number
    }
  | {
      readonly type: 'Close'
      readonly by: string
      readonly outcome: ReportOutcome
      readonly note: string
      /** Unix ms. */
      readonly now: number
    }

export const reportDecider: Decider<Report, ReportCommand, EventBody> = {
  initialState: undefined,

  decide(command, report) {
    if (command.type === 'Report') {
      const { reporterId, message, reason, words, now } = command
      if (message.authorId === reporterId) throw new Refusal(ErrorReason.NOT_PERMITTED)
      // One report for each message and member: what administrators have read does not change.
      if (report) return []
      const value = create(ReportChangedSchema, {
        messageId: message.id,
        authorId: message.authorId,
        reason,
        words: cleanText('words', words).trim(),
        reportedAt: timestampFromMs(now),
        wordingSeq: BigInt(message.wordingSeq),
      })
      return [{ case: 'reportChanged', value }]
    }
    if (!report || report.gone) throw new Refusal(ErrorReason.REPORT_NOT_FOUND)
    if (report.outcome !== ReportOutcome.UNSPECIFIED) return []
    const { by, outcome, note, now } = command
    const closed = { outcome, closedBy: by, note: cleanText('note', note).trim(), closedAt: timestampFromMs(now) }
    return [{ case: 'reportChanged', value: create(ReportChangedSchema, { ...report, ...closed }) }]
  },

  evolve: (report, event) =>
    reportChangesOf(event).reduce<Report>((_, change) => applyReportChange(change, NOTHING), report),
}

/** What one event writes of a report; the fold and the view both apply it. */
export const reportChangesOf = (body: EventBody): readonly ReportChanged[] =>
  body.case === 'reportChanged' ? [body.value] : []

/** Which people and things of a report are deleted. */
export interface Removed {
  readonly message: boolean
  /** Or the group. */
  readonly reporter: boolean
  /** The administrator who closed it. */
  readonly closer: boolean
}

const NOTHING: Removed = { message: false, reporter: false, closer: false }

/**
 * The report as far as it may be kept: words can quote a message, and with people's accounts goes what they said. The same object:
 * all of it may be kept.
 */
export function applyReportChange(report: ReportChanged, removed: Removed): ReportChanged {
  if (report.gone) return report
  if (removed.reporter) return create(ReportChangedSchema, { messageId: report.messageId, gone: true })
  const words = removed.message ? '' : report.words
  const note = removed.closer ? '' : report.note
  if (words === report.words && note === report.note) return report
  return create(ReportChangedSchema, { ...report, words, note })
}

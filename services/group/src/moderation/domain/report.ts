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

/** What one member told the administrators of one message; undefined: nothing. */
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
      // Once a message: what administrators have read stays what it was.
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

  evolve: (report, event) => (event.case === 'reportChanged' ? event.value : report),
}

/** Who or what of a report is no more. */
export interface Gone {
  readonly message: boolean
  /** Or the group. */
  readonly reporter: boolean
  /** Who closed it. */
  readonly closer: boolean
}

/** What may be kept of a report: words can quote a message, and everybody takes along what they said. The same object: all of it. */
export function remainder(report: ReportChanged, gone: Gone): ReportChanged {
  if (report.gone) return report
  if (gone.reporter) return create(ReportChangedSchema, { messageId: report.messageId, gone: true })
  const words = gone.message ? '' : report.words
  const note = gone.closer ? '' : report.note
  if (words === report.words && note === report.note) return report
  return create(ReportChangedSchema, { ...report, words, note })
}

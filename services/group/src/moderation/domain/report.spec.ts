import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ReportOutcome, ReportReason } from '@beseda/proto/moderation/v1/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyReportChange, type ReportCommand, reportDecider } from './report.js'

const report: Extract<ReportCommand, { type: 'Report' }> = {
  type: 'Report',
  reporterId: 'ann',
  message: { id: 'm', authorId: 'bob', wordingSeq: 7 },
  reason: ReportReason.SPAM,
  words: '  he quotes “buy now”  ',
  now: 1_000,
}
const close: ReportCommand = { type: 'Close', by: 'ada', outcome: ReportOutcome.DISMISSED, note: 'no', now: 2_000 }
const given = aggregate(reportDecider)
const reported = reportDecider.decide(report, undefined)
const state = reportDecider.evolve(undefined, reported[0]!)!

test('says who wrote it, which wording, and why; once', () => {
  expect(state).toMatchObject({ authorId: 'bob', wordingSeq: 7n, words: 'he quotes “buy now”', outcome: 0 })
  given(reported)
    .when({ ...report, words: 'again' })
    .yields([])
})

test('one’s own message is not reported', () => {
  given([])
    .when({ ...report, reporterId: 'bob' })
    .refused(ErrorReason.NOT_PERMITTED)
})

test('is closed once, and keeps what it was', () => {
  const closed = given(reported).when(close).events()
  expect(given([...reported, ...closed]).state()).toMatchObject({ ...state, outcome: 1, closedBy: 'ada', note: 'no' })
  given([...reported, ...closed])
    .when({ ...close, outcome: ReportOutcome.AUTHOR_DISABLED })
    .yields([])
  given([]).when(close).refused(ErrorReason.REPORT_NOT_FOUND)
})

test('nothing that somebody said outlives them, and nothing that may quote a message outlives it', () => {
  const closed = reportDecider.evolve(state, given(reported).when(close).events()[0]!)!
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (message, reporter, closer) => {
      const left = applyReportChange(closed, { message, reporter, closer })
      expect(left.words !== '').toBe(!message && !reporter)
      expect(left.note !== '').toBe(!closer && !reporter)
      expect(left.gone).toBe(reporter)
      // What has gone does not come back, and looking again changes nothing.
      expect(applyReportChange(left, { message, reporter, closer })).toBe(left)
      if (!message && !reporter && !closer) expect(left).toBe(closed)
    }),
  )
})

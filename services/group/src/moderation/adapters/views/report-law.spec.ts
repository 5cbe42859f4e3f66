import type { EventBody, SqliteView, StoredCommit } from '@beseda/event-log'
import { checkViewLaw } from '@beseda/event-log/testing'
import {
  parseHistorySubject,
  parsePeopleSubject,
  parsePersonalSubject,
  personalStream,
  reportSubject,
} from '@beseda/proto'
import {
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupKind,
  MessageDeletedSchema,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { type ReportChanged, ReportChangedSchema, ReportOutcome } from '@beseda/proto/moderation/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { entryOn, goneEntry, laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { applyReportChange, type Report, reportChangesOf } from '../../domain/report.js'
import { SqliteReportStore } from './report-store.js'

const [GROUP, MESSAGE, REPORTER] = ['g', 'm', 'ann']

/** What has happened to a report, and to the people and things that it is about. */
interface Facts {
  readonly report: Report
  readonly messageGone: boolean
  readonly groupGone: boolean
  readonly peopleGone: readonly string[]
}
type Fact = { readonly written: ReportChanged } | 'message' | 'group' | { readonly person: string }

/** The fold: after every fact the report is what may still be kept of it. */
const facts = {
  initialState: { report: undefined, messageGone: false, groupGone: false, peopleGone: [] } as Facts,
  evolve(state: Facts, fact: Fact): Facts {
    const known = {
      messageGone: state.messageGone || fact === 'message',
      groupGone: state.groupGone || fact === 'group',
      peopleGone: typeof fact === 'object' && 'person' in fact ? [...state.peopleGone, fact.person] : state.peopleGone,
    }
    const report = typeof fact === 'object' && 'written' in fact ? fact.written : state.report
    if (!report) return { ...known, report: undefined }
    const removed = {
      message: known.messageGone,
      reporter: known.groupGone || known.peopleGone.includes(REPORTER),
      closer: known.peopleGone.includes(report.closedBy),
    }
    return { ...known, report: applyReportChange(report, removed) }
  },
}

const report = fc
  .record({
    words: fc.constantFrom('', 'he quotes'),
    note: fc.constantFrom('', 'a note'),
    closedBy: fc.constantFrom('', 'ada', 'bo'),
    outcome: fc.constantFrom(ReportOutcome.UNSPECIFIED, ReportOutcome.DISMISSED),
    reportedAt: fc.nat(9).map(timestampFromMs),
  })
  .map((fields) => create(ReportChangedSchema, { ...fields, messageId: MESSAGE, authorId: 'bob' }))

const written = (reporterId: string, value: ReportChanged) =>
  entryOn(reportSubject(0, GROUP, reporterId, MESSAGE), [{ case: 'reportChanged', value }], {
    stream: personalStream(0),
  })

const deleted: EventBody = { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId: MESSAGE }) }
const ended: EventBody = { case: 'groupDeleted', value: create(GroupDeletedSchema) }
const founding: EventBody = {
  case: 'groupCreated',
  value: create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'x', ownerId: 'ann', memberIds: ['ann'] }),
}
const posted: EventBody = {
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId: MESSAGE, authorId: 'bob', text: 'hi' }),
}

const entry = fc.oneof(
  { weight: 4, arbitrary: report.map((value) => written(REPORTER, value)) },
  report.map((value) => written('kim', value)),
  fc.constantFrom('ann', 'ada', 'bo', 'kim').map(goneEntry),
  fc.constantFrom(deleted, posted).map((body) => laneEntry(GROUP, 'messages', [body])),
  { weight: 1, arbitrary: fc.constantFrom(laneEntry(GROUP, 'group', [ended])) },
)

const isOfReport = (subject: string): boolean => parsePersonalSubject(subject)?.userId === REPORTER

function eventsOf({ subject, commit }: StoredCommit): readonly Fact[] {
  const person = parsePeopleSubject(subject)?.userId
  return commit.events.flatMap(({ body }): Fact[] => {
    if (isOfReport(subject)) return reportChangesOf(body).map((value) => ({ written: value }))
    if (body.case === 'personGone' && person) return [{ person }]
    if (!parseHistorySubject(subject)) return []
    if (body.case === 'messageDeleted') return ['message']
    return body.case === 'groupDeleted' ? ['group'] : []
  })
}

test('a report loads from the view as far as it may be kept, whatever is deleted before or after it', () => {
  const histories = fc.array(entry, { maxLength: 12 }).map((log) => [laneEntry(GROUP, 'group', [founding]), ...log])
  const decider = {
    initialState: { ...facts.initialState },
    evolve: facts.evolve,
  }
  const load = (view: SqliteView) =>
    new SqliteReportStore({ view }).load({ groupId: GROUP, messageId: MESSAGE, reporterId: REPORTER }).state
  // The facts are known to the fold alone: only the report is loaded.
  const law = { view: historyView, histories, eventsOf }
  checkViewLaw({ ...law, decider: reportOnly(decider), load: (view) => ({ report: load(view) }) }, { numRuns: 400 })
})

/** The fold with everything but the report out of sight of the comparison. */
function reportOnly(of: { initialState: Facts; evolve(state: Facts, fact: Fact): Facts }) {
  const hidden = new WeakMap<object, Facts>()
  const visible = (state: Facts): { readonly report: Report } => {
    const shown = { report: state.report }
    hidden.set(shown, state)
    return shown
  }
  return {
    initialState: visible(of.initialState),
    evolve: (state: { readonly report: Report }, fact: Fact) =>
      visible(of.evolve(hidden.get(state) ?? of.initialState, fact)),
  }
}

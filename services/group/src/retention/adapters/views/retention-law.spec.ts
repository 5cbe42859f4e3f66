import type { EventBody, SqliteView, StoredCommit } from '@beseda/event-log'
import { checkViewLaw, logOfCommands } from '@beseda/event-log/testing'
import { RETENTION_STREAM, RETENTION_SUBJECT } from '@beseda/proto'
import fc from 'fast-check'
import { test } from 'vitest'
import { entryOn } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { retentionDecider } from '../../domain/retention.js'
import { anyCommand } from '../../domain/testing.js'
import { SqliteRetentionStore } from './retention-store.js'

test('the rule and the holds load from the view as they are folded', () => {
  const eventsOf = ({ commit }: StoredCommit): readonly EventBody[] => commit.events.map(({ body }) => body)
  const entryOf = (decided: readonly EventBody[]) => entryOn(RETENTION_SUBJECT, decided, { stream: RETENTION_STREAM })
  const histories = fc
    .array(anyCommand, { maxLength: 12 })
    .map((commands) => logOfCommands(retentionDecider, { start: [], eventsOf, entryOf }, commands))
  const load = (view: SqliteView) => new SqliteRetentionStore({ view }).load().state
  const law = { view: historyView, decider: retentionDecider, histories, eventsOf, load }
  checkViewLaw({ ...law, unordered: ['holds'] }, { numRuns: 200 })
})

import { decodeCommit, type EventBody, encodeCommit, SqliteView } from '@beseda/event-log'
import type { LogEntry } from '@beseda/event-log/testing'
import { calendarSubject, PEOPLE_STREAM } from '@beseda/proto'
import { CalendarFeedChangedSchema } from '@beseda/proto/call/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { entryOn, goneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { SqliteCalendarFeedStore } from './calendar-feed-store.js'

const [ONE, TWO] = [new Uint8Array([1]), new Uint8Array([2])]
const changed = (tokenHash: Uint8Array, at: number): LogEntry => {
  const body: EventBody = { case: 'calendarFeedChanged', value: create(CalendarFeedChangedSchema, { tokenHash }) }
  return entryOn(calendarSubject('ann'), [body], { at, stream: PEOPLE_STREAM })
}
function storeOf(...entries: readonly LogEntry[]) {
  const view = SqliteView.open(':memory:', historyView)
  onTestFinished(() => view.close())
  for (const [i, { stream, subject, commit }] of entries.entries()) {
    view.applyBatch(stream, 'epoch', [decodeCommit(stream, subject, i + 1, encodeCommit(commit))])
  }
  return new SqliteCalendarFeedStore({ view })
}

test('a person has the newest link alone', () => {
  const store = storeOf(changed(ONE, 1), changed(TWO, 2))
  expect(store.byTokenHash(ONE)).toBeUndefined()
  expect(store.byTokenHash(TWO)).toMatchObject({ userId: 'ann', changedAt: 2, seq: 2 })
})

test('the link ends with the account, whatever comes after', () => {
  const store = storeOf(changed(ONE, 1), goneEntry('ann'), changed(TWO, 3))
  expect([store.byTokenHash(ONE), store.byTokenHash(TWO), store.of('ann')]).toEqual([undefined, undefined, undefined])
})

import { CallReminder, CallsRemindedSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { dueNow, noteReminded, remindedBy } from './reminders.js'

const MINUTE = 60_000
const START = Date.UTC(2027, 2, 28, 8)
const call = { scheduleId: 'chess', startsAt: START }
const { FIVE_MINUTES, UNSPECIFIED: TEN_MINUTES, HALF_HOUR, HOUR } = CallReminder
const choices = (minutesBefore: number, done: Parameters<typeof dueNow>[1] = []) =>
  dueNow([call], done, START - minutesBefore * MINUTE).map(({ reminder }) => reminder)

test.each([
  [60.1, []],
  [60, [HOUR]],
  [10.1, [HALF_HOUR, HOUR]],
  [10, [TEN_MINUTES, HALF_HOUR, HOUR]],
  [5, [TEN_MINUTES, FIVE_MINUTES, HALF_HOUR, HOUR]],
  [0, []],
])('%d minutes before, those are due who want it as long before or longer', (before, due) => {
  expect(choices(before).toSorted((a, b) => a - b)).toEqual(due.toSorted((a, b) => a - b))
})

test('what was reminded of is not due again, but the call that was moved is', () => {
  const done = [{ ...call, reminder: HOUR }]
  expect(choices(30, done)).toEqual([HALF_HOUR])
  const moved = { ...call, startsAt: START + 5 * MINUTE }
  expect(dueNow([moved], done, START - 30 * MINUTE).map(({ reminder }) => reminder)).toEqual([HOUR])
})

test('what is long over is forgotten, and a repeat writes nothing', () => {
  const before = { scheduleId: 'old', startsAt: START - 90 * MINUTE, reminder: HOUR }
  const one = { ...call, reminder: HOUR }
  const [event] = noteReminded([one], [before], START)
  expect(event && remindedBy(event)).toEqual([one])
  expect(noteReminded([one], [one], START)).toEqual([])
})

test('an event of something else is none of reminders', () => {
  expect(remindedBy({ case: undefined })).toBeUndefined()
  const calls = [{ scheduleId: 'chess', startsAt: timestampFromMs(START), reminder: HOUR }]
  expect(remindedBy({ case: 'callsReminded', value: create(CallsRemindedSchema, { calls }) })).toEqual([
    { ...call, reminder: HOUR },
  ])
})

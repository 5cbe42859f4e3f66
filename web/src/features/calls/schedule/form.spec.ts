import { Frequency, RecurrenceSchema, Weekday } from '@beseda/proto/call/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { fieldsOf, newFields, REPEATS, repeatOf, type ScheduleFields, termsOf } from './form.js'

const fields: ScheduleFields = {
  title: 'Stand-up',
  day: '2027-03-08',
  time: '10:00',
  timeZone: 'Europe/Berlin',
  durationMin: 30,
  repeat: 'once',
  until: '2027-09-01',
  video: false,
}

test.each(REPEATS)('what is repeated %s comes back into the form as it was', (repeat) => {
  expect(fieldsOf(termsOf({ ...fields, repeat }))).toMatchObject(
    repeat === 'once' ? { ...fields, until: '2027-09-04' } : { ...fields, repeat },
  )
})

test('monthly is by the week in the month; what could be the fourth or the last is the last', () => {
  const rule = (day: string) => termsOf({ ...fields, day, repeat: 'monthly' }).recurrence
  expect(rule('2027-03-08')).toMatchObject({ weekdays: [Weekday.MONDAY], nth: 2 })
  expect(rule('2027-03-22')).toMatchObject({ weekdays: [Weekday.MONDAY], nth: 4 })
  expect(rule('2027-03-29')).toMatchObject({ weekdays: [Weekday.MONDAY], nth: -1 })
  expect(rule('2027-02-28')).toMatchObject({ weekdays: [Weekday.SUNDAY], nth: -1 })
})

test('a rule that the form does not know stays', () => {
  const recurrence = create(RecurrenceSchema, { frequency: Frequency.DAILY, interval: 3, count: 4 })
  const terms = { ...termsOf(fields), recurrence }
  expect(repeatOf(terms)).toBe('other')
  expect(termsOf({ ...fieldsOf(terms), time: '11:00' }, terms)).toMatchObject({
    startsAt: '2027-03-08T11:00',
    recurrence,
  })
})

test('a new call begins with the next full hour', () => {
  const at = new Date(2027, 2, 8, 22, 40)
  expect(newFields(at, 'Europe/Berlin')).toMatchObject({ day: '2027-03-08', time: '23:00', until: '2027-09-04' })
  expect(newFields(new Date(2027, 2, 8, 23, 1), 'Europe/Berlin')).toMatchObject({ day: '2027-03-09', time: '00:00' })
})

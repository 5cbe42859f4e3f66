import { Frequency, Weekday } from '@beseda/proto/call/v1/events'
import { allOccurrences, instantOf, occurrencesBetween, type Schedule } from '@beseda/rules/schedule'
import { expect, test } from 'vitest'
import { recurrenceOf, termsOf, WEEKLY } from './testing.js'

const repeated = (fields: Parameters<typeof termsOf>[0], changes: NonNullable<Schedule>['changes'] = new Map()) => ({
  terms: termsOf(fields),
  changes,
})
const startsOf = (...args: Parameters<typeof repeated>) =>
  allOccurrences(repeated(...args)).map(({ startsAt }) => new Date(startsAt).toISOString().slice(0, 16))

test('ten in the morning stays ten in the morning when the clock is put forward', () => {
  const starts = startsOf({ recurrence: WEEKLY })
  expect(starts.slice(1, 5)).toEqual(['2027-03-15T09:00', '2027-03-22T09:00', '2027-03-29T08:00', '2027-04-05T08:00'])
})

test('and when it is put back, wherever the people are', () => {
  const fields = { startsAt: '2027-10-25T10:00', recurrence: WEEKLY }
  expect(startsOf(fields).slice(0, 2)).toEqual(['2027-10-25T08:00', '2027-11-01T09:00'])
  expect(startsOf({ ...fields, timeZone: 'America/New_York' }).slice(1, 3)).toEqual([
    '2027-11-01T14:00',
    '2027-11-08T15:00',
  ])
  expect(startsOf({ ...fields, timeZone: 'Asia/Tashkent' })[1]).toBe('2027-11-01T05:00')
})

test('a call in the hour that the clock skips is an hour later, and is not lost', () => {
  const recurrence = recurrenceOf({ frequency: Frequency.DAILY, interval: 1, count: 3 })
  expect(startsOf({ startsAt: '2027-03-27T02:30', recurrence })).toEqual([
    '2027-03-27T01:30',
    '2027-03-28T01:30',
    '2027-03-29T00:30',
  ])
})

test('of an hour that the clock shows twice, the first counts', () => {
  expect(instantOf('2027-10-31T02:30', 'Europe/Berlin')).toBe(Date.UTC(2027, 9, 31, 0, 30))
})

test('the last Friday of the month, and the 31st of those months that have one', () => {
  const last = recurrenceOf({ frequency: Frequency.MONTHLY, weekdays: [Weekday.FRIDAY], nth: -1, count: 3 })
  expect(startsOf({ startsAt: '2027-01-29T10:00', recurrence: last })).toEqual([
    '2027-01-29T09:00',
    '2027-02-26T09:00',
    '2027-03-26T09:00',
  ])
  const thirtyFirst = recurrenceOf({ frequency: Frequency.MONTHLY, count: 3 })
  expect(startsOf({ startsAt: '2027-01-31T10:00', recurrence: thirtyFirst })).toEqual([
    '2027-01-31T09:00',
    '2027-03-31T08:00',
    '2027-05-31T08:00',
  ])
})

test('one is left out, one is moved before the others and lasts longer', () => {
  const changes = new Map([
    ['2027-03-15T10:00', { cancelled: true, startsAt: '', durationMin: 0 }],
    ['2027-03-22T10:00', { cancelled: false, startsAt: '2027-03-07T09:00', durationMin: 60 }],
  ])
  const [first, second, third] = allOccurrences(repeated({ recurrence: WEEKLY }, changes))
  expect(first).toEqual({
    name: '2027-03-22T10:00',
    startsAt: Date.UTC(2027, 2, 7, 8),
    endsAt: Date.UTC(2027, 2, 7, 9),
    moved: true,
  })
  expect([second?.name, third?.name]).toEqual(['2027-03-08T10:00', '2027-03-29T10:00'])
})

test('a window holds what goes on at its beginning, and what starts at its end', () => {
  const at = (day: number, hour: number, minute = 0) => Date.UTC(2027, 2, day, hour, minute)
  const within = (from: number, to: number) =>
    occurrencesBetween(repeated({ recurrence: WEEKLY }), from, to).map(({ name }) => name)
  expect(within(at(8, 9, 29), at(15, 9))).toEqual(['2027-03-08T10:00', '2027-03-15T10:00'])
  expect(within(at(8, 9, 30), at(15, 8, 59))).toEqual([])
})

test('a window finds a call that was moved into it from outside', () => {
  const changes = new Map([['2027-03-08T10:00', { cancelled: false, startsAt: '2027-06-01T10:00', durationMin: 0 }]])
  const found = occurrencesBetween(repeated({}, changes), Date.UTC(2027, 5, 1), Date.UTC(2027, 5, 2))
  expect(found.map(({ name }) => name)).toEqual(['2027-03-08T10:00'])
})

import { type CallTerms, CallTermsSchema, Frequency, RecurrenceSchema } from '@beseda/proto/call/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'

/** One call on a Monday, or what the fields say. */
export const termsOf = (fields: MessageInitShape<typeof CallTermsSchema> = {}): CallTerms =>
  create(CallTermsSchema, {
    title: 'Планёрка',
    startsAt: '2027-03-08T10:00',
    timeZone: 'Europe/Berlin',
    durationMin: 30,
    ...fields,
  })

export const recurrenceOf = (fields: MessageInitShape<typeof RecurrenceSchema>) => create(RecurrenceSchema, fields)

export const WEEKLY = recurrenceOf({ frequency: Frequency.WEEKLY, interval: 1, count: 6 })

const two = (count: number) => String(count).padStart(2, '0')
const localTime = fc
  .record({ month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 28 }), hour: fc.nat(23) })
  .map(({ month, day, hour }) => `2027-${two(month)}-${two(day)}T${two(hour)}:30`)

/** Zones on both sides of the equator, with half hours, and without any change of the clock. */
const timeZone = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Asia/Tashkent',
  'America/St_Johns',
  'Pacific/Auckland',
)
const recurrence = fc.oneof(
  fc.constant(undefined),
  fc.record({
    frequency: fc.constantFrom(Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY, Frequency.YEARLY),
    interval: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    frequency: fc.constant(Frequency.DAILY),
    interval: fc.integer({ min: 1, max: 9 }),
    until: fc.constantFrom('2028-01-31', '2028-02-29'),
  }),
)

/** Terms of any kind that repeat themselves by the day of the first call. */
export const anyTerms: fc.Arbitrary<CallTerms> = fc
  .record({
    title: fc.constantFrom('Chess', 'Шахматы, партия; вторая\\третья', `Очень ${'длинное '.repeat(12)}название`),
    startsAt: localTime,
    timeZone,
    durationMin: fc.constantFrom(5, 30, 720),
    video: fc.boolean(),
    recurrence,
  })
  .map(({ recurrence: rule, ...fields }) => termsOf({ ...fields, ...(rule ? { recurrence: recurrenceOf(rule) } : {}) }))

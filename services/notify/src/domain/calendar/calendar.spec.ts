import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { expect, test } from 'vitest'
import {
  connect,
  type Done,
  disconnect,
  type Entry,
  failureOf,
  forget,
  isDue,
  type KeptCalendar,
  keptBy,
  NO_CALENDAR,
  note,
  stepsFor,
} from './calendar.js'
import { retryAt } from './patience.js'

const NOW = 1_000_000
const CONNECTION = {
  ...{ id: 'c', url: 'https://calendar.example/ann/', name: 'Calls', userName: 'ann', titles: true },
  ...{ sealedPassword: new Uint8Array([1]), origin: 'https://chat.example.org' },
}
const entry = (scheduleId: string, more: Partial<Entry> = {}): Entry => ({
  ...{ groupId: 'chess', scheduleId, sequence: 1, titled: true, endsAt: NOW + 1, ...more },
})
const standing = (scheduleId: string, more: Partial<Entry> = {}) => {
  const { titled: _, ...one } = entry(scheduleId, more)
  return one
}
const kept = (entries: readonly Entry[] = [], more: Partial<KeptCalendar> = {}): KeptCalendar => ({
  ...{ connection: CONNECTION, entries, ending: false, failure: undefined, refused: [], ...more },
})
const idsOf = (all: readonly { readonly scheduleId: string }[]) => all.map(({ scheduleId }) => scheduleId)
const steps = (state: KeptCalendar, all: readonly ReturnType<typeof standing>[], now = NOW) => {
  const { remove, write } = stepsFor(state, all, now)
  return [idsOf(remove), idsOf(write)]
}
/** What is kept after the events; undefined: there were none. */
const after = (events: ReturnType<typeof connect>) => events.map(keptBy).at(-1)
const done = (more: Partial<Done> = {}): Done => ({
  ...{ connection: CONNECTION, written: [], removed: [], refused: [], failure: undefined },
  ...{ standing: new Set(['one', 'two']), ...more },
})

test('calls that are missing or older there are written; those that are gone are removed', () => {
  const state = kept([entry('same'), entry('older', { sequence: 0 }), entry('gone')])
  expect(steps(state, [standing('same'), standing('older'), standing('new')])).toEqual([['gone'], ['older', 'new']])
})

test('what is over stays there, is told its newest state, and is not written anew', () => {
  const past = { endsAt: NOW - 1 }
  expect(steps(kept([entry('over', past)]), [])).toEqual([[], []])
  expect(steps(kept([]), [standing('over', past)])).toEqual([[], []])
  const shortened = standing('series', { sequence: 2, endsAt: NOW - 1 })
  expect(steps(kept([entry('series')]), [shortened])).toEqual([[], ['series']])
})

test('another choice of titles writes all of them anew', () => {
  const state = kept([entry('one')], { connection: { ...CONNECTION, titles: false } })
  expect(steps(state, [standing('one')])).toEqual([[], ['one']])
})

test('there are 200 calls in a calendar, and one that ends makes room', () => {
  const many = Array.from({ length: 200 }, (_, i) => entry(`s${i}`))
  const all = [...many.map(({ scheduleId }) => standing(scheduleId)), standing('new')]
  expect(steps(kept(many), all)).toEqual([[], []])
  const [first, ...others] = many
  expect(steps(kept([{ ...first!, endsAt: NOW }, ...others]), all.slice(1))).toEqual([[], ['new']])
})

test('without a calendar there is nothing to do, and in one that ends everything is taken out', () => {
  expect(steps(NO_CALENDAR, [standing('one')])).toEqual([[], []])
  expect(steps(kept([entry('one')], { ending: true }), [standing('one'), standing('two')])).toEqual([['one'], []])
})

test('the same calendar keeps what is in it when it gets another password, another one begins empty', () => {
  const failure = { reason: CalendarFailure.CREDENTIALS, attempts: 5, retryAt: undefined }
  const present = kept([entry('one')], { failure })
  const sealedPassword = new Uint8Array([2])
  const again = { ...CONNECTION, id: 'd', sealedPassword, titles: false }
  expect(after(connect(again, present))).toEqual(kept([entry('one')], { connection: again }))
  expect(connect(again, kept([], { connection: again }))).toEqual([])
  const other = { ...CONNECTION, id: 'd', url: 'https://calendar.example/bob/' }
  expect(after(connect(other, present))).toEqual(kept([], { connection: other }))
})

test('a calendar is left at once, or when the calls that are not over are out of it', () => {
  expect(after(disconnect(false, kept([entry('one')]), NOW))).toEqual(NO_CALENDAR)
  expect(after(disconnect(true, kept([entry('over', { endsAt: NOW })]), NOW))).toEqual(kept([], { ending: true }))
  expect(after(note(done(), kept([], { ending: true }), NOW))).toEqual(NO_CALENDAR)
  const leaving = kept([entry('one')], { ending: true })
  expect(after(disconnect(true, kept([entry('one')]), NOW))).toEqual(leaving)
  expect(disconnect(true, leaving, NOW)).toEqual([])
  expect(after(disconnect(false, leaving, NOW))).toEqual(NO_CALENDAR)
  expect(after(note(done({ removed: [entry('one')] }), leaving, NOW))).toEqual(NO_CALENDAR)
  expect(disconnect(false, NO_CALENDAR, NOW)).toEqual([])
})

test('what was done is noted of the calendar in which it was done, and what is over is forgotten', () => {
  const state = kept([entry('one'), entry('gone'), entry('over', { endsAt: NOW })])
  const written = [entry('one', { sequence: 2 }), entry('two')]
  expect(after(note(done({ written, removed: [entry('gone')] }), state, NOW))).toEqual(kept(written))
  expect(note(done({ connection: { ...CONNECTION, userName: 'bob' }, written }), state, NOW)).toEqual([])
  expect(note(done({ written }), NO_CALENDAR, NOW)).toEqual([])
  // It was disconnected meanwhile: what was just written is taken out, too.
  const ending = kept([], { ending: true })
  expect(after(note(done({ written: [entry('two')] }), ending, NOW))).toEqual(kept([entry('two')], { ending: true }))
})

test('of a calendar that was connected again meanwhile it is noted what is there, and not what went wrong', () => {
  const failure = { reason: CalendarFailure.BUSY, attempts: 2, retryAt: NOW + 1 }
  const state = kept([entry('one'), entry('gone')], { connection: { ...CONNECTION, id: 'd' }, failure })
  const outcome = { written: [entry('two')], removed: [entry('gone')], failure: CalendarFailure.CREDENTIALS }
  expect(after(note(done(outcome), state, NOW))).toEqual({ ...state, entries: [entry('one'), entry('two')] })
  // Nor does it end for it.
  const ending = { ...state, ending: true }
  expect(after(note(done({ removed: [entry('one'), entry('gone')] }), ending, NOW))).toEqual({ ...ending, entries: [] })
})

test('what was being taken out when the calendar was connected again is written anew', () => {
  const state = kept([entry('one')], { ending: true })
  for (const titles of [true, false]) {
    const again = after(connect({ ...CONNECTION, id: 'd', titles }, state)) ?? NO_CALENDAR
    expect([again.ending, steps(again, [standing('one')])]).toEqual([false, [[], ['one']]])
  }
})

test('failures are counted until it goes well again', () => {
  const failed = done({ failure: CalendarFailure.UNREACHABLE })
  const once = after(note(failed, kept(), NOW))
  expect(once?.failure).toEqual({ reason: CalendarFailure.UNREACHABLE, attempts: 1, retryAt: NOW + 60_000 })
  const twice = after(note(failed, once ?? NO_CALENDAR, NOW))
  expect(twice?.failure).toEqual({ reason: CalendarFailure.UNREACHABLE, attempts: 2, retryAt: NOW + 5 * 60_000 })
  expect(after(note(done(), twice ?? NO_CALENDAR, NOW))?.failure).toBeUndefined()
})

test('waits grow, and end: soon where only the person can help', () => {
  const waits = (reason: CalendarFailure) =>
    Array.from({ length: 31 }, (_, i) => retryAt(reason, i + 1, 0)).filter((at) => at !== undefined)
  const minutes = (all: readonly number[]) => all.map((ms) => ms / 60_000)
  expect(minutes(waits(CalendarFailure.CREDENTIALS))).toEqual([1, 5, 20, 60])
  expect(minutes(waits(CalendarFailure.UNREACHABLE)).slice(0, 8)).toEqual([1, 5, 20, 60, 180, 360, 360, 360])
  expect(waits(CalendarFailure.UNREACHABLE)).toHaveLength(29)
})

/** Not over when it is tried again. */
const LATER = { endsAt: NOW + 3_600_000 }
const refusal = (scheduleId: string, more = {}) => ({
  ...{ groupId: 'chess', scheduleId, sequence: 1, removing: false, reason: CalendarFailure.FORBIDDEN, ...more },
})

test('what is refused of one call waits by itself, and is tried at once when the call changes', () => {
  const all = [standing('one', LATER), standing('two', LATER)]
  const once =
    after(note(done({ refused: [refusal('one')], written: [entry('two', LATER)] }), kept(), NOW)) ?? NO_CALENDAR
  const failure = { reason: CalendarFailure.FORBIDDEN, attempts: 1, retryAt: NOW + 60_000 }
  expect([once.failure, once.refused.map((one) => one.failure)]).toEqual([undefined, [failure]])
  expect(failureOf(once)).toEqual(failure)
  expect(steps(once, [...all, standing('new')])).toEqual([[], ['new']])
  expect(steps(once, [standing('one', { sequence: 2 }), standing('two')])).toEqual([[], ['one']])
  expect(steps(once, all, NOW + 60_000)).toEqual([[], ['one']])
  let worn = once
  for (let attempt = 2; attempt <= 5; attempt++)
    worn = after(note(done({ refused: [refusal('one')] }), worn, NOW)) ?? NO_CALENDAR
  expect(worn.refused).toMatchObject([{ failure: { attempts: 5, retryAt: undefined } }])
  expect(steps(worn, all)).toEqual([[], []])
  // Another state of it is another try, and what goes well or is not the person's any more is forgotten.
  const changed = after(note(done({ refused: [refusal('one', { sequence: 2 })] }), worn, NOW))
  expect(changed?.refused).toMatchObject([{ sequence: 2, failure: { attempts: 1 } }])
  expect(after(note(done({ written: [entry('one')] }), worn, NOW))?.refused).toEqual([])
  expect(after(note(done({ standing: new Set() }), worn, NOW))?.refused).toEqual([])
  expect(after(note(done(), worn, NOW))?.refused).toEqual(worn.refused)
})

test('one that is refused takes no room from others', () => {
  const refused = Array.from({ length: 200 }, (_, i) => refusal(`s${i}`))
  const ids = new Set(refused.map(({ scheduleId }) => scheduleId))
  const full = after(note(done({ refused, standing: ids }), kept(), NOW)) ?? NO_CALENDAR
  expect(steps(full, [...refused.map(({ scheduleId }) => standing(scheduleId)), standing('new')])).toEqual([
    [],
    ['new'],
  ])
})

test('one that the server does not let go holds up nothing, and neither does writing it again', () => {
  const refused = [refusal('one', { removing: true })]
  const once = after(note(done({ refused }), kept([entry('one', LATER)]), NOW)) ?? NO_CALENDAR
  expect(steps(once, [standing('new')])).toEqual([[], ['new']])
  expect(steps(once, [standing('one', { sequence: 2 })])).toEqual([[], ['one']])
  expect(steps(once, [], NOW + 60_000)).toEqual([['one'], []])
  expect(after(note(done({ removed: [entry('one')] }), once, NOW))?.refused).toEqual([])
})

test('a calendar that ends waits for what is refused, and is left without it in the end', () => {
  let state = kept([entry('one'), entry('two')], { ending: true })
  for (let attempt = 1; attempt <= 4; attempt++) {
    const refused = [refusal('one', { removing: true })]
    state = after(note(done({ refused, removed: [entry('two')] }), state, NOW)) ?? NO_CALENDAR
    expect([state.ending, isDue(state, stepsFor(state, [], NOW))]).toEqual([true, false])
  }
  expect(after(note(done({ refused: [refusal('one', { removing: true })] }), state, NOW))).toEqual(NO_CALENDAR)
  expect(isDue(kept([], { ending: true }), { remove: [], write: [] })).toBe(true)
  // Whoever disconnects has all of it tried again.
  expect(after(disconnect(true, { ...state, ending: false }, NOW))?.refused).toEqual([])
})

test('a calendar that cannot be cleared is left as it is in the end', () => {
  const failure = { reason: CalendarFailure.CREDENTIALS, attempts: 4, retryAt: NOW }
  const leaving = kept([entry('one')], { ending: true, failure })
  expect(after(note(done({ failure: CalendarFailure.CREDENTIALS }), leaving, NOW))).toEqual(NO_CALENDAR)
})

test('nothing is kept of somebody whose account was deleted', () => {
  expect(after(forget(kept([entry('one')])))).toEqual(NO_CALENDAR)
  expect(forget(NO_CALENDAR)).toEqual([])
})

import { beforeEach, expect, test } from 'vitest'
import { Silence } from './silence.js'

let silence: Silence
let now: number
beforeEach(() => {
  silence = new Silence()
  now = 100_000
  silence.begin(now)
})

/** Half a second after the other; the moments of complaints. */
function looks(ms: number, heardAt: (now: number) => readonly number[], speak = true): number[] {
  const said: number[] = []
  for (const end = now + ms; now < end; ) {
    now += 500
    if (silence.look(now, heardAt(now), speak)) said.push(now)
  }
  return said
}
const perSecond = (said: readonly number[], ms: number) => said.length / (ms / 1_000)

test('nobody who is heard is complained of, and a silence is said each second', () => {
  expect(looks(5_000, (at) => [at, 7])).toEqual([])
  const last = now
  const said = looks(8_000, () => [last])
  expect(said[0]).toBe(last + 2_000)
  expect(perSecond(said, 6_000)).toBeGreaterThan(0.9)
})

test('a silence goes on when the browser has forgotten who was heard', () => {
  looks(2_000, (at) => [at])
  const last = now
  looks(10_000, () => [last])
  expect(
    perSecond(
      looks(60_000, () => []),
      60_000,
    ),
  ).toBeCloseTo(1, 1)
})

test('whoever has never been heard is not missed, nor is anybody where nobody speaks', () => {
  expect(looks(30_000, () => [])).toEqual([])
  looks(2_000, (at) => [at])
  expect(looks(30_000, () => [], false)).toEqual([])
  // In another stay in the room it is as at first.
  silence.begin(now)
  expect(looks(30_000, () => [])).toEqual([])
})

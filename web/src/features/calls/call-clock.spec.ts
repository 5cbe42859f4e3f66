import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { CallClock, ringsForMs } from './call-clock.js'

const SERVER = 1_700_000_000_000
const state = (answered: number, sent: number) => ({
  answeredAt: timestampFromMs(SERVER + answered),
  sentAt: timestampFromMs(SERVER + sent),
})

test('a call that nobody has answered has no clock', () => {
  const clock = new CallClock()
  clock.hear({ answeredAt: undefined, sentAt: timestampFromMs(SERVER) }, 5_000)
  expect(clock.begunAt).toBe(0)
})

test.each([
  ['is right', SERVER],
  ['is an hour ahead', SERVER + 3_600_000],
  ['is years behind', 1_000],
])('the clock counts from the server’s start where this device’s clock %s, after a reload too', (_, local) => {
  const clock = new CallClock()
  clock.hear(state(10_000, 130_000), local + 130_000)
  expect(local + 130_000 - clock.begunAt).toBe(120_000)
})

test('the clock does not jump with the network, and follows a local clock that is put right', () => {
  const clock = new CallClock()
  clock.hear(state(0, 1_000), 1_000)
  clock.hear(state(0, 8_000), 9_000)
  expect(clock.begunAt).toBe(0)
  clock.hear(state(0, 15_000), 15_000 - 3_600_000)
  expect(clock.begunAt).toBe(-3_600_000)
})

test('how long a call rings is measured between two times of the server', () => {
  const at = (ms: number) => timestampFromMs(SERVER + ms)
  expect(ringsForMs({ ringExpiresAt: at(45_000), sentAt: at(5_000) }, 1)).toBe(40_000)
  expect(ringsForMs({ ringExpiresAt: at(45_000), sentAt: at(50_000) }, 1)).toBe(0)
  expect(ringsForMs({ ringExpiresAt: at(45_000), sentAt: undefined }, 7)).toBe(7)
})

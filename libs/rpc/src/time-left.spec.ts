import { expect, test } from 'vitest'
import { timeLeft } from './server.js'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000

test.each([
  ['a caller who waits for three seconds', NOW + 3_000, 3_000],
  ['a caller who has just gone', NOW - 1, -1],
  ['a caller who went a while ago', NOW - 30_000, -30_000],
  ['no deadline', undefined, 10_000],
  ['a clock that is hours ahead: the request is carried out, and not for hours', NOW + 3 * HOUR, 10_000],
  ['a clock that is hours behind: the request is not refused', NOW - 3 * HOUR, 10_000],
])('%s', (_, deadline, left) => expect(timeLeft(deadline, NOW)).toBe(left))

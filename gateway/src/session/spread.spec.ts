import { expect, test } from 'vitest'
import { spreadMs } from './spread.js'

test.each([
  [0, 2_000],
  [1_000, 2_000],
  [10_000, 20_000],
])('%i clients reconnect over %i ms', (clients, ms) => expect(spreadMs(clients)).toBe(ms))

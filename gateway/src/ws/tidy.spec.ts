import { expect, test, vi } from 'vitest'
import { Tidy } from './tidy.js'

const arrivals = (tidy: Tidy, count: number, now: number) => {
  for (let i = 0; i < count; i++) tidy.arrived(now)
}

test('after a storm the heap is collected once, when it is quiet', () => {
  const collect = vi.fn()
  const tidy = new Tidy(collect)
  arrivals(tidy, 1_000, 10_000)
  tidy.check(12_000)
  expect(collect).not.toHaveBeenCalled()
  tidy.check(15_000)
  tidy.check(60_000)
  expect(collect).toHaveBeenCalledOnce()
})

test('a few arrivals are not worth it, until they add up', () => {
  const collect = vi.fn()
  const tidy = new Tidy(collect)
  arrivals(tidy, 999, 0)
  tidy.check(60_000)
  expect(collect).not.toHaveBeenCalled()
  arrivals(tidy, 1, 60_000)
  tidy.check(66_000)
  expect(collect).toHaveBeenCalledOnce()
})

test('the engine has a collector', () => {
  const tidy = new Tidy()
  arrivals(tidy, 1_000, 0)
  expect(() => tidy.check(6_000)).not.toThrow()
})

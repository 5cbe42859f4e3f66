import { expect, it } from 'vitest'
import { busyBetween, stopwatch } from './stopwatch.mjs'

it('tells which part of all processors was used', () => {
  expect(busyBetween({ idle: 100, all: 1000 }, { idle: 125, all: 1100 })).toBe(0.75)
  expect(busyBetween({ idle: 100, all: 1000 }, { idle: 100, all: 1000 })).toBe(0)
})

it('tells how long it took', () => {
  expect(stopwatch()()).toMatch(/^ +0\.0 s {3}processors \d+ % busy$/)
})

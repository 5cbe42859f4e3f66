import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { capacity, capacityTable } from './capacity.mjs'

const ordinary = { people: 5_000, messages: 40, readers: 20, bytes: 200 }

test('the table of the operations page is what the measured figures give', () => {
  const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
  expect(page, 'node loadtests/capacity.mjs prints it').toContain(capacityTable())
})

test('there is one gateway and one replica more than the load needs, so that one of them may die', () => {
  expect(capacity({ ...ordinary, people: 10 })).toMatchObject({ gateways: 2, groups: 2 })
  expect(capacity({ ...ordinary, people: 5_000 }).gateways).toBe(2)
  expect(capacity({ ...ordinary, people: 5_001 }).gateways).toBe(3)
})

test('gateways are as many as connections need, or as deliveries do in large groups', () => {
  const many = { ...ordinary, people: 10_000, messages: 400 }
  expect(capacity(many).gateways).toBe(3)
  expect(capacity({ ...many, readers: 10_000 }).gateways).toBeGreaterThan(3)
})

test('what is kept grows with what is written', () => {
  const [once, twice] = [capacity(ordinary), capacity({ ...ordinary, messages: 80 })]
  expect(once.logGbAYear).toBe(20)
  expect(twice.logGbAYear).toBe(2 * once.logGbAYear)
  expect(twice.perSecond).toBeCloseTo(2 * once.perSecond)
})

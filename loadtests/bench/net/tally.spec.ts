import { expect, test } from 'vitest'
import { ageAt, authorAt, Marks, nowUs, numberAt, stamped } from './mark.mjs'
import { Tally } from './tally.mjs'

test('a mark is found wherever it is, with its number, author and age', () => {
  const text = stamped(200, 70_000, 12)
  expect(text).toHaveLength(200)
  const before = nowUs()
  const marks = new Marks()
  for (const around of ['', '42["m","', 'something longer in front ']) {
    const bytes = Buffer.from(`${around}${text}`)
    const at = marks.find(bytes)
    expect([at, numberAt(bytes, at), authorAt(bytes, at)]).toEqual([around.length, 70_000, 12])
    expect(ageAt(bytes, at)).toBeGreaterThanOrEqual(0)
    expect(ageAt(bytes, at)).toBeLessThan(5_000_000 + nowUs() - before)
  }
  expect(marks.find(Buffer.from('nothing'))).toBe(-1)
})

test('several marks of one frame are found one after another', () => {
  const bytes = Buffer.from([3, 4, 5].map((number) => stamped(60, number)).join('\n'))
  const marks = new Marks()
  const numbers: number[] = []
  for (let at = marks.find(bytes); at >= 0; at = marks.find(bytes, at + 1)) numbers.push(numberAt(bytes, at))
  expect(numbers).toEqual([3, 4, 5])
})

/** Two clients, two authors; each delivery is [client, author, number]. */
const tally = (...deliveries: [number, number, number][]) => {
  const made = new Tally(2, 2)
  for (const [client, author, number] of deliveries) made.heard(client, author, number)
  return made
}

test('what comes once, in the order of its author, is neither doubled nor disordered', () => {
  const { doubled, disordered } = tally([0, 0, 1], [0, 1, 0], [0, 0, 5_000], [1, 0, 1])
  expect({ doubled, disordered }).toEqual({ doubled: 0, disordered: 0 })
})

test('the second copy is doubled, whenever it comes', () => {
  expect(tally([0, 0, 7], [0, 0, 7]).doubled).toBe(1)
  const late = tally([0, 0, 7], [0, 0, 8], [0, 0, 7])
  expect([late.doubled, late.disordered]).toEqual([1, 0])
})

test('an earlier message after a later one of the same author is disordered', () => {
  const { doubled, disordered } = tally([0, 0, 8], [0, 0, 7], [1, 0, 7], [1, 0, 8])
  expect({ doubled, disordered }).toEqual({ doubled: 0, disordered: 1 })
})

test('a lost delivery is missing, and a doubled one does not stand in for it', () => {
  const one = tally([0, 0, 0], [0, 0, 0], [0, 0, 1], [1, 0, 1])
  expect([one.holders(0), one.holders(1), one.holders(99_999)]).toEqual([1, 2, 0])
  expect(2 * 2 - one.between(0, 2)).toBe(1)
})

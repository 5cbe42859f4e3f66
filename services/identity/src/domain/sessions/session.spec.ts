import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSession, REPEAT_MS, rotate, type Session } from './session.js'

const opened = openSession('d', 'Firefox on Linux', 1_000)
const rotated = (session: Session, at: number, generation = session.generation): Session => {
  const result = rotate(session, generation, at)
  if (result.kind !== 'rotated') throw new Error(result.kind)
  return result.session
}

test('the newest token rotates', () => {
  expect(rotate(opened, 1, 5_000)).toEqual({
    kind: 'rotated',
    session: { ...opened, generation: 2, usedGeneration: 1, rotatedAt: 5_000, lastUsedAt: 5_000 },
  })
})

test('the token that was last used gets the same answer for a while', () => {
  const second = rotated(opened, 5_000)
  expect(rotate(second, 1, 5_000 + REPEAT_MS)).toEqual({ kind: 'repeated', session: second })
})

test('a refresh whose answer was lost or late signs nobody out, however much later it is repeated', () => {
  let session = rotated(opened, 5_000)
  for (const day of [1, 2, 3]) {
    session = rotated(session, day * 86_400_000, 1)
    expect(session.usedGeneration).toBe(1)
  }
  expect(rotate(session, session.generation, 4 * 86_400_000).kind).toBe('rotated')
})

test('when the answer that seemed lost is used after all, two devices hold tokens, and the session ends', () => {
  const second = rotated(opened, 5_000)
  const again = rotated(second, 60_000, 1)
  expect(rotate(again, second.generation, 60_001)).toEqual({ kind: 'reused' })
})

test('a copied token ends the session once its successor was used', () => {
  const third = rotated(rotated(opened, 2_000), 3_000)
  expect(rotate(third, 1, 3_001)).toEqual({ kind: 'reused' })
})

test('a session that was stored before the used token was noted goes on', () => {
  const { usedGeneration: _, ...old } = rotated(opened, 5_000)
  expect(rotate(old, 1, 6_000).kind).toBe('repeated')
  expect(rotate(old, 1, 60_000).kind).toBe('rotated')
  expect(rotate(old, 0, 6_000).kind).toBe('reused')
})

test('whatever is presented, only the newest token and the one last used are good', () => {
  const step = fc.record({ back: fc.nat(3), wait: fc.integer({ min: 0, max: 3 * REPEAT_MS }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let [session, now] = [opened, 1_000]
      for (const { back, wait } of steps) {
        now += wait
        const presented = session.generation - back
        const result = rotate(session, presented, now)
        const isGood = presented === session.generation || presented === session.usedGeneration
        expect(result.kind === 'reused').toBe(!isGood)
        if (result.kind === 'rotated') session = result.session
      }
    }),
  )
})

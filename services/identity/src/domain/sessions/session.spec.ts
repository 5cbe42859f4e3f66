import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSession, ROTATION_GRACE_MS, rotate, type Session } from './session.js'

const opened = openSession('d', 'Firefox on Linux', 1_000)
const rotated = (session: Session, at: number): Session => {
  const result = rotate(session, session.generation, at)
  if (result.kind !== 'rotated') throw new Error(result.kind)
  return result.session
}

test('the newest token rotates', () => {
  expect(rotate(opened, 1, 5_000)).toEqual({
    kind: 'rotated',
    session: { ...opened, generation: 2, rotatedAt: 5_000, lastUsedAt: 5_000 },
  })
})

test('the token before gets the same answer within the grace, and ends the session after it', () => {
  const second = rotated(opened, 5_000)
  expect(rotate(second, 1, 5_000 + ROTATION_GRACE_MS)).toEqual({ kind: 'repeated', session: second })
  expect(rotate(second, 1, 5_001 + ROTATION_GRACE_MS)).toEqual({ kind: 'reused' })
})

test('any other token ends the session', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 30 }), (rotations, presented) => {
      let session = opened
      for (let i = 0; i < rotations; i++) session = rotated(session, 2_000)
      const { kind } = rotate(session, presented, 2_000)
      const expected =
        presented === session.generation ? 'rotated' : presented === session.generation - 1 ? 'repeated' : 'reused'
      expect(kind).toBe(expected)
    }),
  )
})

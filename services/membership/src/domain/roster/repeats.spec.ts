import { Refusal } from '@beseda/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventBody } from './changes.js'
import type { ActedCommand } from './commands.js'
import { isRepeat, writtenOf } from './repeats.js'
import { anyCommand, by, founded, given, recorded } from './testing.js'

const PEOPLE = 4
const asItIs = (text: string) => text
const person = fc.nat(PEOPLE - 1).map((n) => `u${n}`)

/** None where the command is refused. */
function eventsOf(history: ReturnType<typeof founded>, command: ActedCommand): readonly EventBody[] {
  try {
    return given(history).when(command).events()
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}

test('whatever a command writes, its repeat is known as one; the same about somebody else is none', () => {
  const steps = fc.array(fc.tuple(person, anyCommand(PEOPLE)), { minLength: 1, maxLength: 12 })
  const property = fc.property(steps, (commands) => {
    const history = founded(['u0', 'u1', 'u2'])
    for (const [now, [actorId, command]] of commands.entries()) {
      const acted = by(actorId, command, now)
      const bodies = eventsOf(history, acted)
      if (bodies.length === 0) continue
      history.push(...recorded(bodies, actorId, now + 2, now))
      const written = writtenOf(bodies, now, asItIs)
      expect(isRepeat(acted, written, asItIs)).toBe(true)
      if ('userId' in acted) expect(isRepeat({ ...acted, userId: 'another' }, written, asItIs)).toBe(false)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

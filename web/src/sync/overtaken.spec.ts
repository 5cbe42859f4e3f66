import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Overtaken } from './overtaken.js'

const KEYS = ['a', 'b'] as const
type Key = (typeof KEYS)[number]
type Step = { readonly do: 'change' | 'event' | 'ask' | 'build' | 'deliver'; readonly key: Key; readonly n: number }
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...(['change', 'event', 'ask', 'build', 'deliver', 'deliver'] as const)),
  key: fc.constantFrom(...KEYS),
  n: fc.nat({ max: 9 }),
})

test('with events and responses in any order, each key ends with its newest value', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const server = new Map<Key, number>(KEYS.map((key) => [key, 0]))
      const known = new Map<Key, number>()
      const overtaken = new Overtaken<Key>()
      const events: [Key, number][] = []
      const inFlight: { isOld: (key: Key) => boolean; answer?: Map<Key, number> }[] = []
      const take: Record<Step['do'], (key: Key, n: number) => void> = {
        change: (key) => {
          server.set(key, (server.get(key) ?? 0) + 1)
          events.push([key, server.get(key) ?? 0])
        },
        event: () => {
          const [key, value] = events.shift() ?? []
          if (key === undefined || value === undefined) return
          overtaken.changed(key)
          known.set(key, value)
        },
        ask: () => void inFlight.push({ isOld: overtaken.asked() }),
        build: (_, n) => {
          const open = inFlight.filter(({ answer }) => !answer)
          const one = open[n % Math.max(1, open.length)]
          if (one) one.answer = new Map(server)
        },
        deliver: () => {
          const one = inFlight.find(({ answer }) => answer)
          if (!one) return
          inFlight.splice(inFlight.indexOf(one), 1)
          for (const [key, value] of one.answer ?? []) if (!one.isOld(key)) known.set(key, value)
        },
      }
      take.ask('a', 0)
      for (const { do: what, key, n } of steps) take[what](key, n)
      while (inFlight.length + events.length > 0)
        for (const what of ['event', 'build', 'deliver'] as const) take[what]('a', 0)
      expect(known).toEqual(server)
    }),
    { numRuns: 500 },
  )
})

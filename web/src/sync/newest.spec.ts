import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Newest } from './newest.js'

/** A server with one value; each change counts up. Responses are built and delivered, and events delivered, when the test says so. */
function world() {
  const inFlight: { readonly build: () => number; answer?: number; readonly deliver: (value: number) => void }[] = []
  const events: number[] = []
  const seen: number[] = []
  let value = 0
  const change = (): number => {
    events.push(++value)
    return value
  }
  const ask = (build: () => number) => new Promise<number>((deliver) => inFlight.push({ build, deliver }))
  const newest = new Newest(
    () => ask(() => value),
    (one) => seen.push(one),
  )
  const pick = <A>(list: readonly A[], n: number): A | undefined => list[n % Math.max(1, list.length)]
  return {
    seen,
    value: () => value,
    steps: {
      load: () => void newest.load(),
      /** By this window. The change happens when the server handles the command; every device receives an event of it. */
      command: () =>
        void newest.command(
          () => ask(change),
          (answer) => answer,
        ),
      /** By another device, which sends an event. */
      change,
      event: () => {
        const next = events.shift()
        if (next !== undefined) newest.changed(next)
      },
      build: (n: number) => {
        const one = pick(
          inFlight.filter(({ answer }) => answer === undefined),
          n,
        )
        if (one) one.answer = one.build()
      },
      deliver: (n: number) => {
        const one = pick(
          inFlight.filter(({ answer }) => answer !== undefined),
          n,
        )
        if (!one) return
        inFlight.splice(inFlight.indexOf(one), 1)
        one.deliver(one.answer as number)
      },
    },
    isQuiet: () => inFlight.length === 0 && events.length === 0,
  }
}
type StepName = keyof ReturnType<typeof world>['steps']

test('however responses and events overtake each other, the newest value is what stays', async () => {
  const names: readonly StepName[] = ['load', 'command', 'change', 'event', 'build', 'build', 'deliver', 'deliver']
  const step = fc.record({ name: fc.constantFrom(...names), n: fc.nat({ max: 20 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { steps: can, seen, value, isQuiet } = world()
      const take = async (name: StepName, n: number) => {
        can[name](n)
        for (let i = 0; i < 6; i++) await Promise.resolve()
      }
      await take('load', 0)
      for (const { name, n } of steps) await take(name, n)
      while (!isQuiet()) for (const name of ['event', 'build', 'deliver'] as const) await take(name, 0)
      expect(seen.at(-1)).toBe(value())
    }),
    { numRuns: 500 },
  )
})

test('a fetch that fails is the error of its caller; the next one is sent', async () => {
  const answers = [Promise.reject(new Error('unreachable')), Promise.resolve(7)]
  const seen: number[] = []
  const newest = new Newest(
    () => answers.shift() as Promise<number>,
    (one) => seen.push(one),
  )
  await expect(newest.load()).rejects.toThrow('unreachable')
  await newest.load()
  expect(seen).toEqual([7])
})

import { type Call, CallState } from '@beseda/proto/call/v1/call_service'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BOB, callsOnFakes, callWith } from './calls-testing.js'

const GROUPS = ['g', 'h'] as const
type Step = {
  readonly do: 'start' | 'change' | 'end' | 'event' | 'lose' | 'build' | 'deliver' | 'live'
  readonly groupId: (typeof GROUPS)[number]
}
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...(['start', 'change', 'end', 'event', 'event', 'lose', 'build', 'build', 'deliver', 'live'] as const),
  ),
  groupId: fc.constantFrom(...GROUPS),
})

/** A server with at most one call in each group. Lists of calls are built and delivered, and changes announced, when the test says so. */
async function run(steps: readonly Step[]) {
  const { calls, says, answers } = callsOnFakes()
  const server = new Map<string, Call>()
  const events: Call[] = []
  const inFlight: { answer?: readonly Call[]; readonly deliver: (answer: object) => void }[] = []
  answers.listMyCalls = () => new Promise((deliver) => inFlight.push({ deliver: deliver as () => void }))
  let made = 0
  const put = (call: Call): void => {
    if (call.state === CallState.ENDED) server.delete(call.groupId)
    else server.set(call.groupId, call)
    events.push(call)
  }
  const changed = (groupId: string, state: CallState): void => {
    const call = server.get(groupId)
    if (call) put(callWith([BOB], { ...call, state, revision: call.revision + 1 }))
  }
  const take: Record<Step['do'], (groupId: string) => void> = {
    start: (groupId) => {
      if (!server.has(groupId)) put(callWith([BOB], { id: `call ${++made}`, groupId }))
    },
    change: (groupId) => changed(groupId, CallState.ACTIVE),
    end: (groupId) => changed(groupId, CallState.ENDED),
    event: () => {
      const call = events.shift()
      if (call) says('callChanged', { call })
    },
    // The connection was cut: what was announced meanwhile came past this window.
    lose: () => {
      events.length = 0
      says('live', {})
    },
    build: () => {
      const one = inFlight.find(({ answer }) => !answer)
      if (one) one.answer = [...server.values()]
    },
    deliver: () => {
      const one = inFlight.find(({ answer }) => answer)
      if (!one?.answer) return
      inFlight.splice(inFlight.indexOf(one), 1)
      one.deliver({ calls: one.answer })
    },
    live: () => says('live', {}),
  }
  const taken = async (what: Step['do'], groupId = ''): Promise<void> => {
    take[what](groupId)
    for (let i = 0; i < 8; i++) await Promise.resolve()
  }
  await taken('live')
  for (const { do: what, groupId } of steps) await taken(what, groupId)
  while (inFlight.length + events.length > 0)
    for (const what of ['event', 'build', 'deliver'] as const) await taken(what)
  const ids = (all: ReadonlyMap<string, Call>) =>
    Object.fromEntries([...all].map(([groupId, { id, revision }]) => [groupId, `${id}, ${revision}`]))
  return { shown: ids(calls.pictures), server: ids(server) }
}

test('with lists and announcements in any order, the calls shown are those of the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { shown, server } = await run(steps)
      expect(shown).toEqual(server)
    }),
    { numRuns: 500 },
  )
})

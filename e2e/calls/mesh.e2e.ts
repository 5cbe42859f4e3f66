import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Caller } from '../support/caller.js'
import { Choir, connected, groupOf, linksThatCarrySound } from '../support/choir.js'

let choir: Choir
beforeAll(async () => {
  choir = await Choir.start()
})
afterEach(() => choir.disperse())
afterAll(() => choir?.stop())

test('ten people: all ninety links carry everybody’s voice; one leaves and rejoins', async () => {
  const everybody = await choir.people(10)
  const [first, ...others] = everybody as [Caller, ...Caller[]]
  const groupId = await groupOf(everybody)
  const began = performance.now()
  const callId = await first.start(groupId)
  await Promise.all(others.map((other) => other.join(groupId, callId)))
  await expect.poll(() => connected(everybody), { interval: 100 }).toBe(90)
  process.stdout.write(`ten people are connected after ${Math.round(performance.now() - began)} ms\n`)
  expect(await linksThatCarrySound(everybody)).toBe(90)
  const last = others.at(-1)!
  await last.leave()
  const rest = everybody.filter((caller) => caller !== last)
  await expect.poll(() => rest.map(({ peers }) => peers.length)).toEqual(rest.map(() => 8))
  await last.join(groupId, callId)
  await expect.poll(() => connected(everybody), { interval: 100 }).toBe(90)
  expect(await linksThatCarrySound([last, ...rest.slice(0, 3)])).toBe(12)
})

/** Two people who hear each other; both speak all the time. */
async function talk(): Promise<{ ann: Caller; bob: Caller; callId: string; groupId: string }> {
  const [ann, bob] = (await choir.people(2)) as [Caller, Caller]
  const groupId = await groupOf([ann, bob])
  const callId = await ann.start(groupId)
  await bob.join(groupId, callId)
  for (const { voice } of [ann, bob]) voice.speak()
  await expect.poll(() => ann.hears(bob) && bob.hears(ann), { interval: 50 }).toBe(true)
  return { ann, bob, callId, groupId }
}

/** The longest silence during the work, ms. */
async function silenceDuring(listener: Caller, speaker: Caller, work: Promise<unknown>): Promise<number> {
  let longest = 0
  const timer = setInterval(() => {
    const heardAt = listener.listenTo(speaker)?.heardAt ?? 0
    longest = Math.max(longest, performance.now() - heardAt)
  }, 20)
  await work
  clearInterval(timer)
  return Math.round(longest)
}

test.each([0, 20, 60, 150])('a gateway killed %i ms into the negotiation loses no signal', async (afterMs) => {
  const [ann, bob] = (await choir.people(2)) as [Caller, Caller]
  const groupId = await groupOf([ann, bob])
  const callId = await ann.start(groupId)
  await bob.join(groupId, callId)
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  const back = choir.beseda.kill('gateway')
  await expect.poll(() => connected([ann, bob]), { interval: 50 }).toBe(2)
  expect(await linksThatCarrySound([ann, bob])).toBe(2)
  await back
})

test.each(['gateway', 'call', 'redis'] as const)(
  '%s is killed in mid-call: nobody misses a word, and the call is kept',
  async (name) => {
    const { ann, bob, callId, groupId } = await talk()
    const silence = await silenceDuring(bob, ann, choir.beseda.kill(name))
    process.stdout.write(`${name} killed and back: ${silence} ms without sound at most\n`)
    expect(silence).toBeLessThan(1_000)
    const mine = async () => (await ann.person.calls.listMyCalls({})).calls
    const bothIn = { id: callId, groupId, participants: [{ userId: ann.userId }, { userId: bob.userId }] }
    await expect.poll(mine, { interval: 250 }).toMatchObject([bothIn])
    expect([ann.over, bob.over]).toEqual([undefined, undefined])
    await bob.leave()
    await expect.poll(() => ann.over).toMatchObject({ why: 'ended' })
  },
)

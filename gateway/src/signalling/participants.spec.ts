import { describe, expect, test } from 'vitest'
import { CallParticipants } from './participants.js'

const device = (name: string) => ({ userId: name, deviceId: `${name}'s phone` })
const [ann, bob] = [device('ann'), device('bob')]

/** A call service that answers with `inside`, or fails. */
function call(...inside: ReturnType<typeof device>[]) {
  const service = { inside, isAway: false, questions: 0 }
  const participants = new CallParticipants(async () => {
    service.questions++
    if (service.isAway) throw new Error('away')
    return service.inside
  })
  return {
    service,
    participants,
    areIn: (now: number, ...them: typeof inside) => participants.areIn('g', 'c', them, now),
  }
}

describe('the devices of a call', () => {
  test('are asked for once for all signals between them', async () => {
    const { service, areIn } = call(ann, bob)
    const answers = await Promise.all(Array.from({ length: 40 }, () => areIn(0, ann, bob)))
    expect([new Set(answers), service.questions]).toEqual([new Set([true]), 1])
  })

  test('count for five seconds when the notice of a change was lost', async () => {
    const { service, areIn } = call(ann, bob)
    expect(await areIn(0, ann, bob)).toBe(true)
    service.inside = [ann]
    expect(await areIn(4_999, ann, bob)).toBe(true)
    expect(await areIn(5_000, ann, bob)).toBe(false)
  })

  test('are forgotten with every change: a call that has ended, or a device that was removed, stops at once', async () => {
    const { service, participants, areIn } = call(ann, bob)
    expect(await areIn(0, ann, bob)).toBe(true)
    service.inside = []
    participants.changed({ id: 'c' })
    expect(await areIn(1, ann, bob)).toBe(false)
    service.inside = [ann, bob]
    participants.forget()
    expect(await areIn(2, ann, bob)).toBe(true)
  })

  test('that lack somebody are asked for again, but not for every signal', async () => {
    const { service, areIn } = call(ann)
    expect(await areIn(0, ann, bob)).toBe(false)
    for (const now of [10, 100, 249]) expect(await areIn(now, ann, bob)).toBe(false)
    expect(service.questions).toBe(1)
    service.inside = [ann, bob]
    expect(await areIn(250, ann, bob)).toBe(true)
    expect(service.questions).toBe(2)
  })

  test('stay as they were while the call service is away, and are unknown without an earlier answer', async () => {
    const { service, areIn } = call(ann, bob)
    expect(await areIn(0, ann, bob)).toBe(true)
    service.isAway = true
    expect(await areIn(60_000, ann, bob)).toBe(true)
    const unknown = call(ann)
    unknown.service.isAway = true
    await expect(unknown.areIn(0, ann)).rejects.toThrow('away')
    unknown.service.isAway = false
    expect(await unknown.areIn(0, ann)).toBe(true)
  })
})

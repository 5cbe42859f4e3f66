import {
  type Call,
  CallAccessSchema,
  CallSchema,
  CallState,
  ParticipantSchema,
} from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { type CallApi, CallSession, type Over } from './session.js'

const me = { userId: 'me', deviceId: 'laptop' }
const picture = (revision: number, more: Partial<Call> = {}): Call =>
  create(CallSchema, {
    id: 'c',
    groupId: 'g',
    state: CallState.ACTIVE,
    revision,
    participants: [create(ParticipantSchema, me), create(ParticipantSchema, { userId: 'bob', deviceId: 'b' })],
    ...more,
  } as never)

class Refused {
  constructor(readonly reason: ErrorReason) {}
}

/** A session at a server whose answers the test scripts. */
function room(answers: Partial<Record<keyof CallApi, () => unknown>> = {}) {
  const clock = new TestClock()
  const asked: [string, unknown][] = []
  const [over, pictures, renewed]: [Over[], Call[], string[]] = [[], [], []]
  const answer = (name: keyof CallApi) => async (request: unknown) => {
    asked.push([name, request])
    return (answers[name]?.() ?? {}) as never
  }
  const api = {
    joinCall: answer('joinCall'),
    renewCall: answer('renewCall'),
    leaveCall: answer('leaveCall'),
  } as CallApi
  const access = create(CallAccessSchema, {
    token: 'first',
    renewAfterMs: 300_000,
  })
  const world = { linked: false }
  const session = new CallSession(
    {
      api,
      clock,
      me,
      reasonOf: (error) => (error instanceof Refused ? error.reason : ErrorReason.UNAVAILABLE),
      relayOnly: () => true,
      isLinked: () => world.linked,
      onCall: (call) => pictures.push(call),
      onOver: (why) => over.push(why),
      onAccess: () => renewed.push(session.access.token),
    },
    { call: picture(1), access },
  )
  return { session, clock, asked, over, pictures, renewed, answers, world }
}
const refuse = (reason: ErrorReason) => () => {
  throw new Refused(reason)
}

describe('the place in a call', () => {
  test('is renewed every 7 s, with the known revision', async () => {
    const { clock, asked } = room()
    await clock.pass(30_000)
    expect(asked.filter(([name]) => name === 'renewCall')).toHaveLength(4)
    expect(asked[0]).toEqual([
      'renewCall',
      { callId: 'c', groupId: 'g', knownRevision: 1, wantAccess: false, relayOnly: true, sfuTrouble: 0 },
    ])
  })

  test('requests and receives a new token after half the lifetime of the old one', async () => {
    const fresh = create(CallAccessSchema, { token: 'second' })
    const { clock, asked, renewed, answers } = room()
    await clock.pass(294_000)
    expect(asked.some(([, request]) => (request as { wantAccess: boolean }).wantAccess)).toBe(false)
    answers.renewCall = () => ({ access: fresh })
    await clock.pass(14_000)
    expect(asked.some(([, request]) => (request as { wantAccess: boolean }).wantAccess)).toBe(true)
    expect(new Set(renewed)).toEqual(new Set(['second']))
  })

  describe('on an SFU', () => {
    const inRoom = (revision: number, generation: number) => picture(revision, { sfu: { generation } } as never)
    const accessTo = (generation: number) =>
      create(CallAccessSchema, { token: `of ${generation}`, renewAfterMs: 300_000, sfu: { generation } })

    test('the way in is asked for at once when the call moves, also when it moves again meanwhile', async () => {
      const { session, clock, asked, answers, renewed } = room()
      let generation = 5
      answers.renewCall = () => ({ access: accessTo(generation) })
      session.picture(inRoom(2, 5))
      await clock.pass(0)
      expect(renewed).toEqual(['of 5'])
      await clock.pass(1_000)
      answers.renewCall = () => {
        // The answer was on its way when the call moved on.
        answers.renewCall = () => ({ access: accessTo(generation) })
        generation = 9
        session.picture(inRoom(4, 9))
        return { access: accessTo(5) }
      }
      session.picture(inRoom(3, 6))
      await clock.pass(200)
      expect(renewed.at(-1)).toBe('of 9')
      expect(asked.every(([, request]) => (request as { wantAccess: boolean }).wantAccess)).toBe(true)
    })

    test('that nothing arrives is said with the room that is meant, and the way in to the next one is asked for', async () => {
      const { session, clock, asked, answers } = room()
      answers.renewCall = () => ({ access: accessTo(5) })
      session.picture(inRoom(2, 5))
      await clock.pass(0)
      asked.length = 0
      session.trouble(4)
      session.trouble(5)
      await clock.pass(0)
      expect(asked).toMatchObject([['renewCall', { sfuTrouble: 5, wantAccess: true }]])
      // Said while the server answers: again, at once.
      answers.renewCall = () => {
        delete answers.renewCall
        session.trouble(5)
        return {}
      }
      session.trouble(5)
      await clock.pass(200)
      expect(asked.map(([, request]) => (request as { sfuTrouble: number }).sfuTrouble)).toEqual([5, 5, 5])
    })

    test('that nothing arrives is said again when nobody has heard it, and then no more', async () => {
      const { session, clock, asked, answers } = room()
      answers.renewCall = () => ({ access: accessTo(5) })
      session.picture(inRoom(2, 5))
      await clock.pass(0)
      asked.length = 0
      answers.renewCall = () => {
        answers.renewCall = () => ({ access: accessTo(5) })
        throw new Refused(ErrorReason.UNAVAILABLE)
      }
      session.trouble(5)
      await clock.pass(5_000)
      const said = ['renewCall', { sfuTrouble: 5, wantAccess: true }]
      expect(asked).toMatchObject([said, said])
    })
  })

  test('is kept while nobody answers: the call goes on, and retries soon', async () => {
    const { clock, asked, over, answers } = room({ renewCall: refuse(ErrorReason.UNAVAILABLE) })
    await clock.pass(20_000)
    expect([over, asked.length > 5]).toEqual([[], true])
    delete answers.renewCall
    const before = asked.length
    await clock.pass(15_000)
    expect(asked.length - before).toBeLessThanOrEqual(4)
  })

  test('is taken by a new join after an absence longer than the place is kept', async () => {
    const { clock, asked, over, answers } = room({ renewCall: refuse(ErrorReason.UNAVAILABLE) })
    await clock.pass(90_000)
    answers.renewCall = refuse(ErrorReason.NOT_IN_CALL)
    answers.joinCall = () => ({ call: picture(9) })
    await clock.pass(3_000)
    expect(asked.some(([name]) => name === 'joinCall')).toBe(true)
    expect(over).toEqual([])
  })

  test.each([
    ['CALL_ANSWERED_ELSEWHERE', { why: 'elsewhere' }],
    ['NOT_IN_CALL', { why: 'removed' }],
    ['NOT_A_MEMBER', { why: 'removed' }],
    ['MUTED', { why: 'removed' }],
    ['CALL_ENDED', { why: 'ended', reason: CallEndReason.LOST }],
    ['CALL_NOT_FOUND', { why: 'ended', reason: CallEndReason.LOST }],
  ] as const)('is over, once, when the server says %s', async (reason, why) => {
    const { clock, over, asked } = room({ renewCall: refuse(ErrorReason[reason]) })
    await clock.pass(60_000)
    expect(over).toEqual([why])
    expect(asked).toHaveLength(1)
  })
})

describe('call states', () => {
  test('older states and those of other calls are ignored', () => {
    const { session, pictures } = room()
    session.picture(picture(3))
    session.picture(picture(2))
    session.picture(create(CallSchema, { ...picture(9), id: 'other' }))
    expect(pictures.map(({ revision }) => revision)).toEqual([3])
  })

  test.each([
    ['the end', { state: CallState.ENDED, endReason: CallEndReason.DECLINED }, { why: 'ended', reason: 2 }],
    ['another device', { participants: [{ userId: 'me', deviceId: 'phone' }] }, { why: 'elsewhere' }],
    ['nobody of mine', { participants: [{ userId: 'bob', deviceId: 'b' }] }, { why: 'removed' }],
  ])('with %s end it', (_, more, why) => {
    const { session, over } = room()
    session.picture(picture(2, more as never))
    expect(over).toEqual([why])
  })

  test('a state recreated after a loss, which knows the person without their device, does not end the session', () => {
    const { session, over, pictures } = room()
    session.picture(picture(2, { participants: [], away: [create(ParticipantSchema, { userId: 'me' })] } as never))
    expect([over, pictures.length]).toEqual([[], 1])
  })
})

test('leaving notifies the server, and the session reports nothing afterwards', async () => {
  const { session, clock, asked, over } = room()
  await session.leave()
  await clock.pass(60_000)
  session.picture(picture(2, { state: CallState.ENDED }))
  expect(asked.map(([name]) => name)).toEqual(['leaveCall'])
  expect(over).toEqual([])
})

describe('without the server', () => {
  test('a device that reaches nobody gives up after three minutes awake; asleep, time does not count', async () => {
    const { clock, over, answers } = room({ renewCall: refuse(ErrorReason.UNAVAILABLE) })
    await clock.pass(150_000)
    expect(over).toEqual([])
    await clock.pass(60_000)
    expect(over).toEqual([{ why: 'ended', reason: CallEndReason.LOST }])
    const slept = room({ renewCall: refuse(ErrorReason.UNAVAILABLE) })
    slept.clock.sleep(10 * 60_000)
    await slept.clock.pass(60_000)
    expect(slept.over).toEqual([])
    expect(answers.renewCall).toBeDefined()
  })

  test('a call goes on as long as the others can be reached', async () => {
    const { clock, over, world } = room({ renewCall: refuse(ErrorReason.UNAVAILABLE) })
    world.linked = true
    await clock.pass(10 * 60_000)
    expect(over).toEqual([])
  })
})

test('a page that closes tells the server once, unless it has left', async () => {
  const { session, asked } = room()
  session.pageCloses()
  expect(asked).toEqual([['leaveCall', { callId: 'c', groupId: 'g', pageCloses: true }]])
  await session.leave()
  session.pageCloses()
  expect(asked).toHaveLength(2)
})

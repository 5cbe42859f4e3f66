import { CallState, InviteeSchema, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { describe, expect, test } from 'vitest'
import { access, BOB, callsOnFakes, callWith, ME, ringingCall, settled } from './calls-testing.js'

const refuse = (reason: ErrorReason) => () =>
  Promise.reject(
    new ConnectError('', Code.FailedPrecondition, undefined, [
      { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason }) },
    ]),
  )
const asked = (did: readonly string[]) =>
  did.filter((step) => /^[a-z]+Call/i.test(step)).map((step) => step.split(' ')[0])
/** In a call that somebody else has started. */
async function inCall() {
  const world = callsOnFakes()
  await world.calls.join({ id: 'call', groupId: 'g' }, { camera: false, microphone: true })
  world.did.length = 0
  return world
}

describe('beginning', () => {
  test('calling in a direct chat rings at once, in a group it opens the lobby first', async () => {
    const { calls, did } = callsOnFakes()
    await calls.begin('g', true)
    expect(calls.lobby).toEqual({ groupId: 'g', video: true })
    expect(asked(did)).toEqual([])
    await calls.begin('direct', false)
    expect(did).toContain('startCall {"callId":"new","groupId":"direct","video":false,"ring":true,"relayOnly":true}')
    expect(calls.active).toBeDefined()
  })

  test('a link brings nobody into a call: whatever there is, it opens the lobby, and asks for nothing', async () => {
    const { calls, did, says, own } = callsOnFakes()
    calls.preview('direct', true)
    expect(calls.lobby).toEqual({ groupId: 'direct', video: true })
    says('callChanged', { call: callWith([BOB, { ...ME, deviceId: 'phone' }]) })
    calls.preview('g', false)
    expect(calls.lobby).toEqual({ groupId: 'g', video: false })
    expect(asked(did)).toEqual([])
    await calls.enter(false, own.media)
    expect(calls.active).toBeDefined()
    calls.preview('direct', true)
    expect(calls.lobby).toBeUndefined()
  })

  test('joining from the lobby joins a call that started meanwhile instead of starting a second one', async () => {
    const { calls, did, says, own } = callsOnFakes()
    await calls.begin('g', false)
    says('callChanged', { call: callWith([BOB]) })
    await calls.enter(true, own.media)
    expect(asked(did)).toEqual(['joinCall'])
    expect(calls.lobby).toBeUndefined()
  })

  test('joining from the lobby starts a new call when the one it was opened for is over', async () => {
    const { calls, did, says, own } = callsOnFakes()
    says('callChanged', { call: callWith([BOB]) })
    await calls.begin('g', false)
    says('callChanged', { call: callWith([], { revision: 2, state: CallState.ENDED }) })
    await calls.enter(false, own.media)
    expect(asked(did)).toEqual(['startCall'])
    expect(calls.active).toBeDefined()
  })

  test('the lobby moves the call here when another device of the person joined it meanwhile', async () => {
    const { calls, did, says, own } = callsOnFakes()
    await calls.begin('g', false)
    says('callChanged', { call: callWith([BOB, { ...ME, deviceId: 'phone' }]) })
    await calls.enter(false, own.media)
    expect(did).toContain('joinCall {"callId":"call","groupId":"g","move":true,"relayOnly":true}')
  })

  test('the lobby of a group that this person has left closes, and says why', async () => {
    const { calls, says } = callsOnFakes()
    await calls.begin('g', false)
    says('groupLeft', { groupId: 'g' })
    expect([calls.lobby, calls.notice?.key]).toEqual([undefined, 'errors.NOT_A_MEMBER'])
  })

  test('a browser without WebRTC says so and asks neither for devices nor the server', async () => {
    const { calls, did, says } = callsOnFakes({ supported: false })
    await calls.begin('direct', true)
    await calls.begin('g', true)
    says('callChanged', { call: ringingCall() })
    expect(calls.ringing?.id).toBe('call')
    await calls.accept(true)
    expect([calls.active, calls.lobby, calls.notice?.key]).toEqual([undefined, undefined, 'calls.unsupported'])
    await calls.decline()
    expect(asked(did)).toEqual(['declineCall'])
  })

  test('a browser that cannot sign says so, and asks neither for devices nor the server', async () => {
    const { calls, did } = callsOnFakes({ signs: false })
    await calls.begin('direct', true)
    expect([calls.active, calls.notice?.key]).toEqual([undefined, 'calls.tooOld'])
    expect(asked(did)).toEqual([])
  })

  test('a refusal fills every blank of its sentence', async () => {
    const { calls, answers } = callsOnFakes()
    answers.startCall = () =>
      Promise.reject(
        new ConnectError('', Code.FailedPrecondition, undefined, [
          {
            desc: ErrorInfoSchema,
            value: create(ErrorInfoSchema, { reason: ErrorReason.GROUP_FULL, metadata: { limit: '10' } }),
          },
        ]),
      )
    await calls.begin('direct', true)
    expect(calls.notice).toMatchObject({ key: 'errors.GROUP_FULL', values: { limit: '10' } })
  })

  test('media open while the request to the server runs, and are closed when the server refuses', async () => {
    const { calls, answers, own, did, log } = callsOnFakes()
    answers.startCall = refuse(ErrorReason.CALL_FULL)
    await calls.begin('direct', true)
    expect(did).toContain('media: camera microphone')
    expect(own.did).toEqual(['closed'])
    expect(did).toContain('lock: given back')
    expect(calls.active).toBeUndefined()
    expect(calls.notice?.key).toBe('errors.CALL_FULL')
    expect(log.steps.at(-1)).toMatchObject({ kind: 'CALL_FAILED', reason: 'CALL_FULL' })
  })

  test('two clicks open one call', async () => {
    const { calls, did } = callsOnFakes()
    await Promise.all([calls.begin('direct', false), calls.begin('direct', false)])
    expect(asked(did)).toEqual(['startCall'])
    const join = () => calls.join({ id: 'call', groupId: 'g' }, { camera: false, microphone: true })
    did.length = 0
    await Promise.all([join(), join()])
    expect(asked(did)).toEqual(['joinCall'])
  })

  test('while another window of the browser is in the call, this one says so and sends no request', async () => {
    const { calls, held, did } = callsOnFakes()
    held.free = false
    await calls.begin('direct', false)
    expect(calls.notice?.key).toBe('calls.otherWindow')
    expect(asked(did)).toEqual([])
  })

  test('a window that takes the call during the request gets it', async () => {
    const { calls, held, answers, own } = callsOnFakes()
    const answer = Promise.withResolvers<object>()
    answers.startCall = () => answer.promise
    const beginning = calls.begin('direct', false)
    await settled()
    held.take()
    answer.resolve({ call: callWith([ME]), access })
    await beginning
    expect([calls.active, calls.notice?.key]).toEqual([undefined, 'calls.tookOver'])
    expect(own.did).toContain('closed')
  })

  test('a call that ended during the join reports the reason', async () => {
    const { calls, answers } = callsOnFakes()
    answers.joinCall = () => ({
      call: callWith([], { state: CallState.ENDED, endReason: CallEndReason.CANCELLED }),
      access,
    })
    await calls.join({ id: 'call', groupId: 'g' }, { camera: false, microphone: true })
    expect(calls.active).toBeUndefined()
    expect(calls.notice?.key).toBe('calls.endedCancelled')
  })
})

describe('ringing', () => {
  test('a call that invites this person rings until it is answered, and starts with their chosen media', async () => {
    const { calls, says, did } = callsOnFakes()
    says('callChanged', { call: ringingCall() })
    expect(calls.ringing?.id).toBe('call')
    await calls.accept(true)
    expect(calls.ringing).toBeUndefined()
    expect(did).toContain('media: camera microphone')
    expect(asked(did)).toEqual(['joinCall'])
  })

  test('a declined call is silent at once, whether or not the server was reached', async () => {
    const { calls, says, answers } = callsOnFakes()
    answers.declineCall = refuse(ErrorReason.UNAVAILABLE)
    says('callChanged', { call: ringingCall() })
    const declining = calls.decline()
    expect(calls.ringing).toBeUndefined()
    await declining
    says('callChanged', { call: ringingCall({ revision: 2 }) })
    expect(calls.ringing).toBeUndefined()
  })

  test('a call answered on another device says so', () => {
    const { calls, says } = callsOnFakes()
    says('callChanged', { call: ringingCall() })
    const invitees = [
      create(InviteeSchema, { userId: ME.userId, state: InviteeState.JOINED, answeredByDeviceId: 'tablet' }),
    ]
    says('callChanged', { call: ringingCall({ revision: 2, invitees }) })
    expect([calls.ringing, calls.notice?.key]).toEqual([undefined, 'calls.elsewhere'])
  })

  test('without a network it rings no longer than a call may ring, and says whose call was missed', async () => {
    const { calls, says, clock } = callsOnFakes()
    const at = (seconds: number) => timestampFromMs(1_700_000_000_000 + seconds * 1_000)
    // The clock of the server is not that of this device.
    says('callChanged', { call: ringingCall({ sentAt: at(5), ringExpiresAt: at(45) }) })
    await clock.pass(39_000)
    expect(calls.ringing?.id).toBe('call')
    await clock.pass(6_000)
    expect(calls.ringing).toBeUndefined()
    expect(calls.notice).toMatchObject({ key: 'calls.missedFrom', values: { name: 'BOB' }, missedIn: 'g' })
    // The network is back: a call that the server still reports no longer rings.
    says('callChanged', { call: ringingCall({ revision: 2 }) })
    expect(calls.ringing).toBeUndefined()
  })

  test.each([
    ['the caller gave up', CallEndReason.CANCELLED],
    ['nobody answered', CallEndReason.MISSED],
  ])('when %s, the person learns whose call they missed, and can call back', (_, endReason) => {
    const { calls, says } = callsOnFakes()
    says('callChanged', { call: ringingCall() })
    const invitees = [create(InviteeSchema, { userId: ME.userId, state: InviteeState.MISSED })]
    says('callChanged', { call: callWith([], { revision: 2, state: CallState.ENDED, endReason, invitees }) })
    expect(calls.notice).toMatchObject({ key: 'calls.missedFrom', values: { name: 'BOB' }, missedIn: 'g' })
  })

  test('an older state changes nothing', () => {
    const { calls, says } = callsOnFakes()
    says('callChanged', { call: callWith([BOB], { revision: 5 }) })
    says('callChanged', { call: ringingCall({ revision: 4 }) })
    expect(calls.ringing).toBeUndefined()
  })

  test('nothing rings during a call', async () => {
    const { calls, says } = await inCall()
    says('callChanged', { call: ringingCall({ id: 'other', groupId: 'h' }) })
    expect(calls.ringing).toBeUndefined()
    expect(calls.pictures.get('h')?.id).toBe('other')
  })
})

describe('in a call', () => {
  test('the connection is eager, and the person is not away, for as long as the call lasts', async () => {
    const { calls, connection, did } = await inCall()
    await settled()
    expect(connection.eager).toBe(true)
    await calls.hangUp()
    await settled()
    expect(connection.eager).toBe(false)
    expect(did).toContain('talks no longer')
  })

  test('hanging up notifies the server, releases the lock and deletes the saved call', async () => {
    const { calls, did, own, log } = await inCall()
    await calls.hangUp()
    await settled()
    expect(did).toEqual(expect.arrayContaining(['call: left', 'lock: given back', 'reload: forgotten']))
    expect(own.did).toContain('closed')
    expect(log.steps.map(({ kind }) => kind)).toEqual(['CALL_JOINED', 'CALL_LEFT'])
  })

  test.each([
    ['removed', { why: 'removed' }, 'calls.removed'],
    ['moved to another device', { why: 'elsewhere' }, 'calls.movedAway'],
    ['over', { why: 'ended', reason: CallEndReason.LOST }, 'calls.endedLost'],
  ] as const)('a device that is %s leaves it without notifying the server', async (_, over, sentence) => {
    const { calls, made, did } = await inCall()
    made[0]?.finish(over)
    expect([calls.active, calls.notice?.key]).toEqual([undefined, sentence])
    expect(did).toContain('call: closed')
    expect(did).not.toContain('call: left')
  })

  test('the call ends here when another window takes it', async () => {
    const { calls, held, did } = await inCall()
    held.take()
    expect([calls.active, calls.notice?.key]).toEqual([undefined, 'calls.tookOver'])
    expect(did).toContain('call: closed')
  })

  test('leaving the group leaves its call', async () => {
    const { calls, says } = await inCall()
    says('groupLeft', { groupId: 'another' })
    expect(calls.active).toBeDefined()
    says('groupLeft', { groupId: 'g' })
    expect([calls.active, calls.pictures.size]).toEqual([undefined, 0])
  })

  test('the admin who mutes is named; a request for another call is ignored', async () => {
    const { calls, says, did } = await inCall()
    const mute = (callId: string) => ({ event: { case: 'muteRequested', value: { callId, byUserId: 'ann' } } }) as never
    says('userEvent', mute('other'))
    expect(did).toEqual([])
    says('userEvent', mute('call'))
    expect(did).toEqual(['call: microphone false'])
    expect(calls.notice).toMatchObject({ key: 'calls.mutedBy', values: { name: 'ANN' } })
  })

  test('signals and refusals reach the call', async () => {
    const { says, did } = await inCall()
    says('signal', {})
    says('signalRefused', {})
    expect(did).toEqual(['call: signal', 'call: refused'])
  })

  test('signing out leaves the call, and waits until the server knows', async () => {
    const { calls, goodbye, did } = await inCall()
    await goodbye()
    expect(did).toContain('call: left')
    expect([calls.active, calls.pictures.size]).toEqual([undefined, 0])
  })

  test('a refusal of an action of an admin is shown', async () => {
    const { calls, answers } = await inCall()
    answers.removeParticipant = refuse(ErrorReason.NOT_PERMITTED)
    await calls.remove('bob')
    expect(calls.notice?.key).toBe('errors.NOT_PERMITTED')
  })
})

describe('a live connection', () => {
  const mine = callWith([ME, BOB])

  test('the current call is resumed and the list of calls is refreshed', async () => {
    const { calls, says, did, answers } = await inCall()
    says('callChanged', { call: callWith([BOB], { id: 'over', groupId: 'h' }) })
    answers.listMyCalls = () => ({ calls: [mine] })
    says('live', {})
    await settled()
    expect(did).toContain('call: resumed')
    expect([...calls.pictures.keys()]).toEqual(['g'])
  })

  test('a call that began after the request was sent stays', async () => {
    const { calls, says, answers } = callsOnFakes()
    const answer = Promise.withResolvers<object>()
    answers.listMyCalls = () => answer.promise
    says('live', {})
    says('callChanged', { call: callWith([BOB]) })
    answer.resolve({ calls: [] })
    await settled()
    expect(calls.pictures.has('g')).toBe(true)
  })

  test('a call that ended while the list of calls was in flight does not come back', async () => {
    const { calls, says, answers } = callsOnFakes()
    const answer = Promise.withResolvers<object>()
    answers.listMyCalls = () => answer.promise
    says('callChanged', { call: callWith([BOB]) })
    says('live', {})
    says('callChanged', { call: callWith([], { state: CallState.ENDED, revision: 9 }) })
    answer.resolve({ calls: [callWith([BOB])] })
    await settled()
    expect(calls.pictures.has('g')).toBe(false)
  })

  test('a reloaded page resumes its call with the same media', async () => {
    const { calls, says, answers, reload, did, held } = callsOnFakes()
    reload.state = { callId: 'call', microphone: false, camera: true, deafened: true }
    answers.listMyCalls = () => ({ calls: [mine] })
    says('live', {})
    await settled()
    expect(calls.active).toBeDefined()
    expect(held.claims).toEqual(['soon'])
    expect(did).toEqual(expect.arrayContaining(['media: camera muted', 'call: deafened true']))
    expect(did.some((step) => step.startsWith('renewCall'))).toBe(true)
  })

  test.each([
    ['of another device', callWith([{ userId: ME.userId, deviceId: 'tablet' }])],
    ['that this person has left', callWith([BOB])],
  ])('it does not resume a call %s', async (_, call) => {
    const { calls, says, answers, reload } = callsOnFakes()
    reload.state = { callId: 'call', microphone: true, camera: false, deafened: false }
    answers.listMyCalls = () => ({ calls: [call] })
    says('live', {})
    await settled()
    expect(calls.active).toBeUndefined()
  })
})

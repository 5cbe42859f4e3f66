import { expect, test } from 'vitest'
import { computed } from 'vue'
import { access, BOB, callsOnFakes, callWith, ME } from '../calls-testing.js'
import { type Participation, participationOf } from '../ringing/rings.js'
import { voiceRoomOf } from './voice-room.js'

/** Windows on fakes, and the voice rooms of groups. */
function rooms({ full = '', microphone = true } = {}) {
  const world = callsOnFakes()
  const { calls, did, answers } = world
  const told: string[] = []
  const room = (groupId: string) => {
    const call = computed(() => calls.pictures.get(groupId))
    return voiceRoomOf({
      groupId: () => groupId,
      calls,
      entrance: {
        call,
        participation: computed<Participation>(() =>
          call.value ? participationOf(call.value, ME.userId, ME.deviceId) : 'none',
        ),
        people: computed(() => call.value?.participants.map(({ userId }) => userId) ?? []),
        isFull: computed(() => groupId === full),
        isSupported: true,
      },
      wasMicrophoneOn: () => microphone,
      tell: (key) => void told.push(key),
    })
  }
  const enterable = (groupId: string, more = {}) => {
    answers.startCall = () => ({ call: callWith([ME], { id: `in ${groupId}`, groupId, room: true, ...more }), access })
  }
  const asked = () => did.filter((step) => /^(start|join|leave)Call|^call: left|^media/.test(step))
  return { ...world, room, told, enterable, asked }
}

test('one click enters, with the microphone as it was left, and asks for no ringing', async () => {
  for (const microphone of [true, false]) {
    const { room, enterable, asked, calls, told } = rooms({ microphone })
    enterable('g')
    await room('g').toggle()
    expect(asked()).toContain(`media: ${microphone ? 'microphone' : 'muted'}`)
    expect(asked()).toContain('startCall {"callId":"new","groupId":"g","video":false,"ring":false,"relayOnly":true}')
    expect([calls.lobby, calls.active?.call.groupId, room('g').isHere.value]).toEqual([undefined, 'g', true])
    expect(told).toEqual(['voiceRoom.entered'])
  }
})

test('one click leaves, and no toast says that something has ended', async () => {
  const { room, enterable, calls, did, told } = rooms()
  enterable('g')
  await room('g').toggle()
  const notice = calls.notice
  await room('g').toggle()
  expect(did).toContain('call: left')
  expect([calls.active, calls.notice, told.at(-1)]).toEqual([undefined, notice, 'voiceRoom.left'])
})

test('another room is left first, and only then the next one is entered', async () => {
  const { room, enterable, calls, did, asked } = rooms()
  enterable('g')
  await room('g').toggle()
  did.length = 0
  enterable('h')
  await room('h').toggle()
  expect(asked().map((step) => step.split(' {')[0])).toEqual(['call: left', 'media: microphone', 'startCall'])
  expect(did.indexOf('lock: given back')).toBeLessThan(did.findIndex((step) => step.startsWith('startCall')))
  expect([calls.active?.call.groupId, calls.notice]).toEqual(['h', undefined])
})

test('a call of others is not hung up by a click on a room', async () => {
  const { room, enterable, calls, did } = rooms()
  enterable('g', { room: false })
  await calls.start('g', { camera: false, microphone: true }, false, false)
  did.length = 0
  expect(room('h').mayToggle.value).toBe(false)
  await room('h').toggle()
  expect([did, calls.active?.call.groupId]).toEqual([[], 'g'])
})

test('a full room is not entered, and nothing is left for it', async () => {
  const { room, enterable, calls, did } = rooms({ full: 'h' })
  enterable('g')
  await room('g').toggle()
  did.length = 0
  expect([room('h').isFull.value, room('h').mayToggle.value]).toEqual([true, false])
  await room('h').toggle()
  expect([did, calls.active?.call.groupId]).toEqual([[], 'g'])
})

test('who is in it on another device takes it over', async () => {
  const { room, says, did } = rooms()
  says('callChanged', { call: callWith([BOB, { ...ME, deviceId: 'phone' }], { room: true }) })
  await room('g').toggle()
  expect(did).toContain('joinCall {"callId":"call","groupId":"g","move":true,"relayOnly":true}')
})

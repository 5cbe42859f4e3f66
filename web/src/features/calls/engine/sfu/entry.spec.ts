import { ConnectionState, DisconnectReason } from 'livekit-client'
import { beforeEach, expect, test } from 'vitest'
import { TestClock } from '../../../../time/test-clock.js'
import { Entry } from './entry.js'

let clock: TestClock
let did: string[]
let room: ReturnType<typeof nodeRoom>
let entry: Entry

/** A room whose node says who has come. */
function nodeRoom() {
  const room = {
    state: ConnectionState.Disconnected,
    localParticipant: { identity: '' },
    says: 'phone',
    fails: false,
    setE2EEEnabled: async () => undefined,
    connect: async (_url: string, token: string) => {
      did.push(`with ${token}`)
      if (room.fails) throw new Error('no node')
      room.localParticipant.identity = room.says
      room.state = ConnectionState.Connected
    },
    disconnect: async () => {
      did.push('goes')
      room.state = ConnectionState.Disconnected
    },
    /** The node ends it. */
    ends(reason: DisconnectReason): void {
      room.state = ConnectionState.Disconnected
      entry.lost(reason)
    },
  }
  return room
}

const access = { sfu: { generation: 1, url: 'wss://node.example', token: 'first' }, iceServers: [] }
beforeEach(async () => {
  clock = new TestClock()
  did = []
  room = nodeRoom()
  access.sfu.token = 'first'
  entry = new Entry({
    clock,
    room,
    deviceId: 'phone',
    generation: 1,
    relayOnly: false,
    access: () => access as never,
    onIn: () => did.push('in'),
    onChange: () => undefined,
  })
})

test('a room that is lost, or cannot be reached, is entered again', async () => {
  room.fails = true
  await entry.enter()
  room.fails = false
  await clock.pass(1_000)
  expect([did, entry.isIn]).toEqual([['with first', 'with first', 'in'], true])
  room.ends(DisconnectReason.SERVER_SHUTDOWN)
  expect(entry.isIn).toBe(false)
  await clock.pass(1_000)
  expect(entry.isIn).toBe(true)
})

test('a node that takes this device for another one is left, before anything is sent', async () => {
  room.says = 'phone of somebody else'
  await entry.enter()
  expect([did, entry.isIn]).toEqual([['with first', 'goes'], false])
  room.says = 'phone'
  await clock.pass(1_000)
  expect([did.at(-1), entry.isIn]).toEqual(['in', true])
  // It may also say so later.
  room.localParticipant.identity = 'phone of somebody else'
  expect(entry.isIn).toBe(false)
})

test('whoever was put out does not come back before there is newer access', async () => {
  await entry.enter()
  did.length = 0
  room.ends(DisconnectReason.PARTICIPANT_REMOVED)
  await clock.pass(60_000)
  await entry.enter()
  expect(did).toEqual([])
  access.sfu.token = 'second'
  entry.renewed()
  await clock.pass(0)
  expect([did, entry.isIn]).toEqual([['with second', 'in'], true])
})

test('nobody enters a room of another generation, or after the end', async () => {
  access.sfu.generation = 2
  await entry.enter()
  access.sfu.generation = 1
  entry.close()
  await entry.enter()
  entry.renewed()
  entry.lost(undefined)
  await clock.pass(5_000)
  expect(did).toEqual([])
})

import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { SILENT } from './media-state.js'
import { CannotEncrypt, type RoomTransport, Switcher } from './switcher.js'
import type { Link, Peer } from './transport.js'

const BOB = { userId: 'bob', deviceId: 'phone' }
const CAT = { userId: 'cat', deviceId: 'tablet' }

/** A way whose peers are connected, and are heard, when the test says so. */
function fakeWay(name: string, did: string[]) {
  const links = new Map<string, { state: Link['state']; flows: boolean }>()
  const way = {
    name,
    link(deviceId: string, state: Link['state'], flows: boolean): void {
      links.set(deviceId, { state, flows })
    },
    peers: [] as readonly Peer[],
    authenticator: undefined,
    update({ participants, away }: Parameters<RoomTransport['update']>[0]): void {
      way.peers = participants.map(({ userId, deviceId }) => ({
        userId,
        deviceId,
        away: false,
        get link() {
          return (links.get(deviceId) ?? { state: 'connecting', flows: false }) as Link
        },
        media: { ...SILENT, microphone: true },
        tracks: { microphone: { id: `${name} ${deviceId}` } as MediaStreamTrack },
      }))
      did.push(`${name}: ${[...participants, ...away].map(({ userId }) => userId).join(' ') || 'nobody'}`)
    },
    receive: () => undefined,
    refused: () => undefined,
    signallingBack: () => undefined,
    networkChanged: () => undefined,
    serversChanged: () => undefined,
    tryAgain: () => undefined,
    hear: () => undefined,
    react: () => undefined,
    setTrack: async () => undefined,
    say: () => void did.push(`${name}: says`),
    aside: (content: Uint8Array) => void did.push(`${name}: aside ${content.join()}`),
    close: () => void did.push(`${name}: closed`),
  }
  return way as typeof way & RoomTransport
}

function switcher() {
  const clock = new TestClock()
  const did: string[] = []
  const mesh = fakeWay('mesh', did)
  const rooms: ReturnType<typeof fakeWay>[] = []
  const world = { fails: undefined as Error | undefined, asked: 0 }
  const switched = new Switcher({
    clock,
    mesh,
    makeRoom: async (generation) => {
      world.asked += 1
      if (world.fails) throw world.fails
      const room = fakeWay(`room ${generation}`, did)
      rooms.push(room)
      return room
    },
    onChange: () => undefined,
  })
  const call = (generation: number, ...people: readonly (typeof BOB)[]) => {
    switched.update({
      participants: people as never,
      away: [],
      ...(generation > 0 ? { sfu: { generation } } : {}),
    } as never)
    return clock.pass(0)
  }
  const heard = () => switched.peers.map(({ tracks }) => tracks.microphone?.id)
  return { clock, did, mesh, rooms, world, switched, call, heard }
}

test('a voice is heard on the mesh until it flows through the room, and the mesh ends after a while', async () => {
  const { clock, did, mesh, rooms, call, heard } = switcher()
  await call(0, BOB)
  mesh.link('phone', 'connected', true)
  await call(1, BOB, CAT)
  expect(heard()).toEqual(['mesh phone', 'room 1 tablet'])
  rooms[0]!.link('phone', 'connected', false)
  expect(heard()[0]).toBe('mesh phone')
  rooms[0]!.link('phone', 'connected', true)
  expect(heard()[0]).toBe('room 1 phone')
  // Who comes while both are there is met in the room only.
  expect(did).not.toContain('mesh: bob cat')
  expect(did).not.toContain('mesh: nobody')
  await clock.pass(11_000)
  expect(did.at(-1)).toBe('mesh: nobody')
  expect(heard()).toEqual(['room 1 phone', 'room 1 tablet'])
})

test('who begins in a room has nothing to do with the mesh, and a new room says what is switched on', async () => {
  const { did, call, heard } = switcher()
  await call(3, BOB)
  expect(did.slice(0, 2)).toEqual(['mesh: nobody', 'room 3: says'])
  expect(heard()).toEqual(['room 3 phone'])
})

test('an aside goes on each way that is there: the newest may drop it', async () => {
  const { clock, did, mesh, call, switched } = switcher()
  await call(0, BOB)
  mesh.link('phone', 'connected', true)
  await call(1, BOB)
  switched.aside(Uint8Array.of(7))
  expect(did.slice(-2)).toEqual(['mesh: aside 7', 'room 1: aside 7'])
  // Back on the mesh it is said once.
  await clock.pass(11_000)
  await call(0, BOB)
  await clock.pass(11_000)
  did.length = 0
  switched.aside(Uint8Array.of(8))
  expect(did).toEqual(['mesh: aside 8'])
})

test('from room to room, and back to the mesh', async () => {
  const { clock, did, mesh, rooms, call, heard } = switcher()
  await call(1, BOB)
  rooms[0]!.link('phone', 'connected', true)
  await call(2, BOB)
  expect(heard()).toEqual(['room 1 phone'])
  // The first node is dead: what still comes through the next one is taken as it is.
  rooms[0]!.link('phone', 'reconnecting', false)
  expect(heard()).toEqual(['room 2 phone'])
  rooms[1]!.link('phone', 'connected', true)
  await clock.pass(11_000)
  expect(did).toContain('room 1: closed')
  await call(0, BOB)
  expect(heard()).toEqual(['room 2 phone'])
  mesh.link('phone', 'connected', true)
  expect(heard()).toEqual(['mesh phone'])
  await clock.pass(11_000)
  expect(did).toContain('room 2: closed')
})

test('code that cannot be fetched is fetched again, and a room that is not wanted any more is closed', async () => {
  const { clock, world, did, call, heard, switched } = switcher()
  world.fails = new Error('no network')
  await call(1, BOB)
  expect(heard()).toEqual([])
  world.fails = undefined
  await clock.pass(2_100)
  expect(heard()).toEqual(['room 1 phone'])
  switched.close()
  expect(did.slice(-2)).toEqual(['mesh: closed', 'room 1: closed'])
})

test('a browser that cannot encrypt is told so, and is not asked again', async () => {
  const { clock, world, call, switched } = switcher()
  world.fails = new CannotEncrypt()
  await call(1, BOB)
  expect(switched.trouble).toBe('unsupported')
  await clock.pass(30_000)
  expect(world.asked).toBe(1)
  await call(0, BOB)
  expect(switched.trouble).toBeUndefined()
})

test('a room that nobody is connected through is told of after a while', async () => {
  const { clock, rooms, call, switched } = switcher()
  await call(1, BOB)
  await clock.pass(7_000)
  expect(switched.trouble).toBeUndefined()
  await clock.pass(2_000)
  expect(switched.trouble).toBe('unreachable')
  rooms[0]!.link('phone', 'connected', true)
  expect(switched.trouble).toBeUndefined()
})

test('a room that the call has left ends at once when somebody leaves the call, who would hear on, and not when they are away', async () => {
  const { clock, did, rooms, call, switched, heard } = switcher()
  await call(1, BOB, CAT)
  for (const { deviceId } of [BOB, CAT]) rooms[0]!.link(deviceId, 'connected', true)
  await call(2, BOB, CAT)
  switched.update({ participants: [BOB], away: [CAT], sfu: { generation: 2 } } as never)
  await clock.pass(1_000)
  expect(did).not.toContain('room 1: closed')
  expect(heard()[0]).toBe('room 1 phone')
  await call(2, BOB)
  expect(did).toContain('room 1: closed')
  expect(heard()[0]).toBe('room 2 phone')
})

test('a room goes out of use slowly if those who left the call did so long before, and at once if that moved the call', async () => {
  const { clock, did, rooms, call } = switcher()
  await call(1, BOB, CAT)
  rooms[0]!.link('phone', 'connected', true)
  await call(1, BOB)
  await clock.pass(11_000)
  await call(2, BOB)
  await clock.pass(1_000)
  expect(did).not.toContain('room 1: closed')
  await clock.pass(10_000)
  expect(did).toContain('room 1: closed')
  await call(2, BOB, CAT)
  rooms[1]!.link('phone', 'connected', true)
  await call(3, BOB)
  expect(did).toContain('room 2: closed')
})

test('links from device to device go on when somebody leaves: each has its own keys', async () => {
  const { did, mesh, call, heard } = switcher()
  await call(0, BOB, CAT)
  mesh.link('phone', 'connected', true)
  await call(1, BOB, CAT)
  await call(1, BOB)
  expect(did).not.toContain('mesh: nobody')
  expect(heard()).toEqual(['mesh phone'])
})

test('a call that moves again and again has two ways: the newest, and the one that is heard', async () => {
  const { clock, did, rooms, call, heard } = switcher()
  await call(1, BOB)
  rooms[0]!.link('phone', 'connected', true)
  for (let generation = 2; generation <= 6; generation++) {
    await call(generation, BOB)
    await clock.pass(1_000)
    expect(rooms.length - did.filter((what) => what.endsWith('closed')).length).toBe(2)
  }
  expect(heard()).toEqual(['room 1 phone'])
  rooms.at(-1)!.link('phone', 'connected', true)
  await call(7, BOB)
  expect(did).toContain('room 1: closed')
  expect(heard()).toEqual(['room 6 phone'])
})

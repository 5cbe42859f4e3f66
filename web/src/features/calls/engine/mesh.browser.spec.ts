import { CallAccessSchema, IceServerSchema } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { SLOTS } from './media-state.js'
import { type Person, paint, TestCall } from './testing.js'

/** Links between real peer connections in one real browser. */
let call: TestCall
afterEach(() => call.close())

const connected = (person: Person, others: number) =>
  vi.waitFor(() => expect(person.mesh.peers.map(({ link }) => link.state)).toEqual(Array(others).fill('connected')))
const all = (...people: Person[]) => Promise.all(people.map((person) => connected(person, people.length - 1)))
const peerOf = (person: Person, other: Person) =>
  person.mesh.peers.find(({ deviceId }) => deviceId === other.device.deviceId)!

async function pair(): Promise<[Person, Person]> {
  call = new TestCall()
  const [ann, bob] = [await call.add('ann'), await call.add('bob')]
  call.update()
  await all(ann, bob)
  return [ann, bob]
}

/** Packets of a kind received from the other device. */
async function received(person: Person, other: Person, kind: string): Promise<number> {
  const report = await peerOf(person, other).link.connection!.getStats()
  let packets = 0
  for (const entry of report.values())
    if (entry.type === 'inbound-rtp' && entry.kind === kind) packets += entry.packetsReceived
  return packets
}
const flows = async (person: Person, other: Person, kind: string) => {
  const before = await received(person, other, kind)
  await vi.waitFor(async () => expect(await received(person, other, kind)).toBeGreaterThan(before))
}

test('two sides connect, with sound both ways', async () => {
  const [ann, bob] = await pair()
  await Promise.all([flows(ann, bob, 'audio'), flows(bob, ann, 'audio')])
  expect(new Set(Object.keys(peerOf(ann, bob).tracks))).toEqual(new Set(SLOTS))
})

test('three make three links, and a fourth who joins late is linked with all', async () => {
  call = new TestCall()
  const people = await Promise.all(['ann', 'bob', 'cat'].map((name) => call.add(name)))
  call.update()
  await all(...people)
  const dan = await call.add('dan')
  call.update()
  await all(...people, dan)
  await flows(dan, people[1]!, 'audio')
})

test('the link to a participant who leaves is closed at once; one who is away is waited for', async () => {
  const [ann, bob] = await pair()
  call.update([ann], [bob])
  expect(ann.mesh.peers.map(({ away }) => away)).toEqual([true])
  call.update([ann])
  expect(ann.mesh.peers).toEqual([])
})

test('everybody receives the device states of the others, late joiners too', async () => {
  const [ann, bob] = await pair()
  const state = { microphone: true, camera: true, screen: false, deafened: true, hand: true }
  ann.mesh.say(state)
  await vi.waitFor(() => expect(bob.said.get('ann-device')).toEqual(state))
  const cat = await call.add('cat')
  call.update()
  await vi.waitFor(() => expect(cat.said.get('ann-device')).toEqual(state))
})

test('an aside reaches everybody who is connected, and no gateway', async () => {
  const [ann, bob] = await pair()
  await vi.waitFor(() => {
    ann.mesh.aside(new TextEncoder().encode('between us'))
    expect(bob.asides).toContain('ann-device between us')
  })
  expect(JSON.stringify(ann.sent, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    'between us',
  )
})

test('a reaction reaches everybody who is connected', async () => {
  const [ann, bob] = await pair()
  await vi.waitFor(() => {
    ann.mesh.react('🎉')
    expect(bob.reactions).toContain('ann-device 🎉')
  })
})

test('a camera and a screen switched on need no new negotiation, and are told apart', async () => {
  const [ann, bob] = await pair()
  const before = ann.sent.length
  for (const [slot, width] of [
    ['camera', 320],
    ['screen', 640],
  ] as const) {
    const track = paint('#0a0', width)
    ann.media.on.set(slot, track)
    await ann.mesh.setTrack(slot, track)
  }
  for (const [slot, width] of [
    ['camera', 320],
    ['screen', 640],
  ] as const) {
    const video = document.createElement('video')
    video.muted = true
    video.srcObject = new MediaStream([peerOf(bob, ann).tracks[slot]!])
    await video.play()
    await vi.waitFor(() => expect(video.videoWidth).toBe(width))
  }
  expect(ann.sent.slice(before).filter(({ signal }) => signal?.signal.case === 'description')).toEqual([])
})

test.each(['ann', 'bob'])('%s loads the page again: connected again, without a word from anybody', async (name) => {
  const [ann, bob] = await pair()
  const who = name === 'ann' ? ann : bob
  who.mesh.close()
  who.mesh = call.page(who)
  call.update()
  await all(ann, bob)
  await flows(ann, bob, 'audio')
  await flows(bob, ann, 'audio')
})

test('both reload their pages at the same time', async () => {
  const [ann, bob] = await pair()
  for (const who of [ann, bob]) {
    who.mesh.close()
    who.mesh = call.page(who)
  }
  call.update()
  await all(ann, bob)
  await flows(ann, bob, 'audio')
})

test('signals lost in the middle of the negotiation are sent again on the next connection', async () => {
  call = new TestCall()
  const [ann, bob] = [await call.add('ann'), await call.add('bob')]
  ann.cut = true
  call.update()
  await vi.waitFor(() => expect(ann.sent.some(({ signal }) => signal?.signal.case === 'description')).toBe(true))
  ann.cut = false
  ann.mesh.signallingBack()
  await all(ann, bob)
})

test('a network change looks for a new path while the old one stays in use', async () => {
  const [ann, bob] = await pair()
  const pc = peerOf(bob, ann).link.connection!
  const ufrag = () => /a=ice-ufrag:(\S+)/.exec(pc.currentLocalDescription?.sdp ?? '')?.[1]
  const [old, states] = [ufrag(), [] as string[]]
  pc.addEventListener('iceconnectionstatechange', () => states.push(pc.iceConnectionState))
  bob.mesh.networkChanged()
  await vi.waitFor(() => expect(ufrag()).not.toBe(old))
  await flows(ann, bob, 'audio')
  expect(states).not.toContain('disconnected')
  expect(states).not.toContain('failed')
  expect([peerOf(ann, bob).link.connection, peerOf(bob, ann).link.connection]).toEqual([expect.anything(), pc])
})

test('many network changes at once end in one connection', async () => {
  const [ann, bob] = await pair()
  for (let i = 0; i < 5; i++) {
    ann.mesh.networkChanged()
    bob.mesh.networkChanged()
  }
  await vi.waitFor(() => {
    for (const [one, other] of [
      [ann, bob],
      [bob, ann],
    ] as const)
      expect(peerOf(one, other).link.connection?.signalingState).toBe('stable')
  })
  await all(ann, bob)
  await flows(ann, bob, 'audio')
  await flows(bob, ann, 'audio')
})

test('newer credentials are used for the next path; an established connection stays', async () => {
  call = new TestCall()
  let credential = 'old'
  const server = () => create(IceServerSchema, { urls: ['turn:127.0.0.1:9'], username: 'u', credential })
  const access = () => create(CallAccessSchema, { iceServers: [server()] })
  const [ann, bob] = [await call.add('ann', { access }), await call.add('bob')]
  call.update()
  await all(ann, bob)
  credential = 'new'
  ann.mesh.serversChanged()
  const [used] = peerOf(ann, bob).link.connection!.getConfiguration().iceServers ?? []
  expect(used?.credential).toBe('new')
  await flows(bob, ann, 'audio')
})

test('with relay-only no signal carries an address', async () => {
  call = new TestCall()
  const [ann, bob] = [await call.add('ann', { relayOnly: true }), await call.add('bob')]
  call.update()
  await vi.waitFor(() => expect(bob.sent.some(({ signal }) => signal?.signal.case === 'candidate')).toBe(true))
  const texts = ann.sent.map(({ signal }) => JSON.stringify(signal?.signal.value ?? ''))
  expect(texts.join()).toMatch(/m=audio/)
  expect(texts.join()).not.toMatch(/typ (host|srflx|prflx)/)
})

import { type IncomingSignal, IncomingSignalSchema, type Signal } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { LocalMedia } from './local-media.js'
import { type LinkState, type MediaState, PeerLink } from './peer-link.js'
import { RestartingPeer } from './restarting-peer.js'

/** Two links in one real browser, joined as the gateway joins them: in order, or not at all. */
class Side {
  readonly states: LinkState[] = []
  readonly heard: MediaState[] = []
  stream: MediaStream | undefined
  link: PeerLink
  other: Side | undefined
  /** The signalling of this side is down. */
  cut = false

  constructor(
    readonly initiator: boolean,
    readonly media: LocalMedia,
  ) {
    this.link = this.open()
  }

  open(): PeerLink {
    return new PeerLink({
      initiator: this.initiator,
      iceServers: [],
      relayOnly: false,
      stream: this.media.stream,
      send: (signal, epoch, seq) => this.pass(signal, epoch, seq),
      onState: (state) => this.states.push(state),
      onStream: (stream) => {
        this.stream = stream
      },
      onMedia: (media) => this.heard.push(media),
    })
  }

  pass(signal: Signal, epoch: number, seq: number): void {
    const message: IncomingSignal = create(IncomingSignalSchema, { signal, epoch, seq })
    queueMicrotask(() => {
      if (!this.cut) this.other?.link.receive(message)
    })
  }

  connected = () => vi.waitFor(() => expect(this.states.at(-1)).toBe('connected'), { timeout: 10_000 })
}

const open: Side[] = []
afterEach(() => {
  for (const { link, media } of open.splice(0)) {
    link.close()
    media.close()
  }
})

async function pair(): Promise<[Side, Side]> {
  const one = new Side(true, await LocalMedia.open(true))
  const other = new Side(false, await LocalMedia.open(false))
  one.other = other
  other.other = one
  open.push(one, other)
  await Promise.all([one.connected(), other.connected()])
  return [one, other]
}

test('two sides connect, with sound and picture both ways', async () => {
  const [one, other] = await pair()
  for (const side of [one, other]) {
    await vi.waitFor(() =>
      expect(
        side.stream
          ?.getTracks()
          .map(({ kind }) => kind)
          .sort(),
      ).toEqual(['audio', 'video']),
    )
  }
})

test('each tells the other what its devices do', async () => {
  const [one, other] = await pair()
  one.link.say({ microphone: false, camera: true })
  await vi.waitFor(() => expect(other.heard.at(-1)).toEqual({ microphone: false, camera: true }))
})

test('a camera switched on needs no new negotiation', async () => {
  const [one, other] = await pair()
  const passed = vi.spyOn(other, 'pass')
  const { before, after } = await other.media.setCamera(true)
  await other.link.replaceTrack(before, after)
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = one.stream ?? null
  await video.play()
  await vi.waitFor(() => expect(video.videoWidth).toBeGreaterThan(16), { timeout: 10_000 })
  expect(passed).not.toHaveBeenCalled()
})

test('one whose page was loaded anew is connected again', async () => {
  const [one, other] = await pair()
  other.link.close()
  other.states.length = 0
  other.link = other.open()
  await other.connected()
  await one.connected()
})

test('the one who begins may be the one who comes anew', async () => {
  const second = Math.floor(Date.now() / 1000)
  const [one, other] = await pair()
  one.link.close()
  // Rounds are counted by the clock in seconds: the new page is in a later one.
  await vi.waitFor(() => expect(Math.floor(Date.now() / 1000)).toBeGreaterThan(second + 1), { timeout: 5_000 })
  one.states.length = 0
  other.states.length = 0
  one.link = one.open()
  await Promise.all([one.connected(), other.connected()])
})

test('an offer that was missed is asked for, whatever else of its round has arrived', async () => {
  const one = new Side(true, await LocalMedia.open(false))
  const other = new Side(false, await LocalMedia.open(false))
  one.other = other
  other.other = one
  open.push(one, other)
  let lost = false
  const pass = one.pass.bind(one)
  one.pass = (signal, epoch, seq) => {
    const first = !lost && signal.signal.case === 'description'
    lost ||= first
    if (!first) pass(signal, epoch, seq)
  }
  await Promise.all([one.connected(), other.connected()])
  expect(lost).toBe(true)
})

test('offers that were lost with the signalling are made again when it is back', async () => {
  const [one, other] = await pair()
  one.cut = true
  one.link.resignal()
  one.cut = false
  one.link.resignal()
  await Promise.all([one.connected(), other.connected()])
})

test('simple-peer still has the private parts that the subclass builds on', () => {
  const peer = new RestartingPeer({ initiator: true, config: { iceServers: [] } })
  const inside = peer as unknown as Record<string, unknown>
  for (const name of [
    '_pc',
    '_isNegotiating',
    'offerOptions',
    'negotiate',
    '_onConnectionStateChange',
    '_onIceStateChange',
    '_addIceCandidate',
    '_maybeReady',
  ]) {
    expect([name, name in inside]).toEqual([name, true])
  }
  peer.destroy()
})

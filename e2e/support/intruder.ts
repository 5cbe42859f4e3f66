import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { apiClient } from '@beseda/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'

/** What is used of livekit-client, which is a dependency of the web client. */
interface Sound {
  readonly mediaStreamTrack: MediaStreamTrack
  readonly receiver?: RTCRtpReceiver
}
interface LivekitRoom {
  readonly remoteParticipants: ReadonlyMap<string, { trackPublications: ReadonlyMap<string, { track?: Sound }> }>
  readonly localParticipant: { publishTrack(track: MediaStreamTrack, options: object): Promise<unknown> }
  on(event: string, listener: (track: Sound) => void): void
  connect(url: string, token: string, options: object): Promise<void>
}
type Scope = typeof globalThis & {
  LivekitClient: { Room: new (options: object) => LivekitRoom; RoomEvent: { TrackSubscribed: string } }
  room: LivekitRoom
  /** Of each piece of sound that came: whether it was encrypted. */
  arrived: boolean[]
}
interface WithFrames {
  createEncodedStreams(): {
    readable: ReadableStream<RTCEncodedAudioFrame>
    writable: WritableStream<RTCEncodedAudioFrame>
  }
}

/** Somebody with a place in a call and in its room, but without its keys: a plain client of LiveKit, which plays all that it gets, and sends one tone. */
export class Intruder {
  private constructor(
    private readonly page: Page,
    private readonly context: BrowserContext,
  ) {}

  /** With the account of whoever is signed in at this page, which shows a group with a call. */
  static async enter(browser: Browser, theirs: Page, { tone }: { tone: number }): Promise<Intruder> {
    const { session, origin } = await theirs.evaluate(() => ({
      session: localStorage.getItem('beseda.session') ?? '{}',
      origin: location.origin,
    }))
    const calls = apiClient(CallService, origin, (JSON.parse(session) as { accessToken: string }).accessToken)
    const [call] = (await calls.listMyCalls({})).calls
    if (!call) throw new Error('there is no call to enter')
    const { access } = await calls.joinCall({ callId: call.id, groupId: call.groupId })
    const place = access?.sfu
    if (!place) throw new Error('the call is in no room')
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    await page.goto(`${origin}/health/live`)
    const main = createRequire(new URL('../../web/package.json', import.meta.url)).resolve('livekit-client')
    // The one for a script, whatever the conditions of this process are.
    const client = join(dirname(main), 'livekit-client.umd.js')
    await page.addScriptTag({ content: await readFile(client, 'utf8') })
    await page.evaluate(
      async ({ url, token, tone }) => {
        const scope = globalThis as unknown as Scope
        scope.arrived = []
        const { Room, RoomEvent } = scope.LivekitClient
        const room = new Room({ singlePeerConnection: false })
        const context = new AudioContext()
        room.on(RoomEvent.TrackSubscribed, (track) => {
          const { readable, writable } = (track.receiver as unknown as WithFrames).createEncodedStreams()
          const pass = new TransformStream<RTCEncodedAudioFrame>({
            transform: (frame, controller) => {
              const bytes = new Uint8Array(frame.data)
              // What livekit-client appends to a frame that it has encrypted: an IV, its length, the index of the key.
              const isSealed = bytes.length > 14 && bytes.at(-2) === 12
              scope.arrived.push(isSealed)
              controller.enqueue(frame)
            },
          })
          void readable.pipeThrough(pass).pipeTo(writable)
          const stream = new MediaStream([track.mediaStreamTrack])
          const element = Object.assign(new Audio(), { muted: true, srcObject: stream })
          void element.play()
          context.createMediaStreamSource(stream).connect(context.destination)
        })
        await room.connect(url, token, { rtcConfig: { iceServers: [], encodedInsertableStreams: true } })
        const source = new OscillatorNode(context, { frequency: tone })
        const way = context.createMediaStreamDestination()
        source.connect(new GainNode(context, { gain: 0.2 })).connect(way)
        source.start()
        const [track] = way.stream.getAudioTracks()
        if (track) await room.localParticipant.publishTrack(track, { source: 'microphone' })
        scope.room = room
      },
      { url: place.url, token: place.token, tone },
    )
    return new Intruder(page, context)
  }

  /** The sound that has reached this client, of everybody together. */
  packets(): Promise<number> {
    return this.page.evaluate(async () => {
      let sum = 0
      for (const { trackPublications } of (globalThis as unknown as Scope).room.remoteParticipants.values())
        for (const { track } of trackPublications.values())
          for (const entry of (await track?.receiver?.getStats())?.values() ?? [])
            if (entry.type === 'inbound-rtp') sum += entry.packetsReceived
      return sum
    })
  }

  /** How many of the pieces of sound that came were encrypted, and how many were not. */
  async frames(): Promise<{ sealed: number; open: number }> {
    const frames = await this.page.evaluate(() => (globalThis as unknown as Scope).arrived)
    const sealed = frames.filter(Boolean).length
    return { sealed, open: frames.length - sealed }
  }

  async leave(): Promise<void> {
    await this.context.close()
  }
}

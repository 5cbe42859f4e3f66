import { newId } from '@beseda/kernel'
import { type Call, type CallAccess, CallService } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { ServerFrame } from '@beseda/proto/gateway/v1/frames'
import { errorInfo } from '@beseda/rpc'
import { apiClient, Device, Person } from '@beseda/testkit'
import type { Client } from '@connectrpc/connect'
import wrtc from '@roamhq/wrtc'
import { Mesh, type MeshPeer } from '../../web/src/features/calls/engine/mesh.js'
import { type MakePeer, RestartingPeer } from '../../web/src/features/calls/engine/peer/restarting-peer.js'
import { CallSession, type Over } from '../../web/src/features/calls/engine/session.js'
import type { CallKeys } from '../../web/src/features/calls/engine/trust/link-guard.js'
import { KeyBook } from '../../web/src/keys/key-book.js'
import { keysInMemory } from '../../web/src/keys/memory.js'
import { ownKeyOf, publicationOf } from '../../web/src/keys/own-key.js'
import { systemClock } from '../../web/src/time/clock.js'
import { Ear, Voice } from './voice.js'

export interface CallerOptions {
  /** Gateways to try, one after another. */
  readonly urls: readonly string[]
  /** Frequency of the tone that this person sends, Hz. */
  readonly tone: number
  readonly relayOnly?: boolean
  /** The servers that this person can reach; all by default. */
  readonly reaches?: (url: string) => boolean
}

/** The selected path of a link, from its statistics. */
export interface Path {
  readonly kind: string
  /** Between this side and its relay. */
  readonly transport: string
  /** Of the relay. */
  readonly url: string
}

const makePeer: MakePeer = (options) => new RestartingPeer({ ...options, wrtc })

/** The keys of a person who keeps nothing: made, and published, at once. */
async function keysOf(person: Person): Promise<CallKeys> {
  const memory = keysInMemory()
  const own = await ownKeyOf(memory, person)
  await person.identity.setDeviceKey(await publicationOf(own))
  const list = async (userIds: readonly string[]) =>
    (await person.identity.listDeviceKeys({ userIds: [...userIds] })).keys
  return { own, book: new KeyBook({ clock: systemClock, people: memory, list }) }
}

/** A participant without a browser: the engine of the web client on libwebrtc in Node, through real gateways. */
export class Caller {
  readonly voice: Voice
  /** How the call ended for this device. */
  over: Over | undefined
  #device: Device | undefined
  #mesh: Mesh | undefined
  #session: CallSession | undefined
  #turn = 0
  #stopped = false
  /** Detectors on the other people who are listened to. */
  readonly #ears = new Map<string, Ear>()

  private constructor(
    readonly person: Person,
    readonly keys: CallKeys,
    private readonly options: CallerOptions,
  ) {
    this.voice = new Voice(options.tone)
  }

  static async register(options: CallerOptions): Promise<Caller> {
    const [url = ''] = options.urls
    const person = await Person.register(url)
    const caller = new Caller(person, await keysOf(person), options)
    await new Promise<void>((live) => void caller.#stayConnected(live))
    return caller
  }

  get userId(): string {
    return this.person.userId
  }

  get peers(): readonly MeshPeer[] {
    return this.#mesh?.peers ?? []
  }

  get call(): Call | undefined {
    return this.#session?.call
  }

  /** Whether exactly the given tone is received now. Listening starts with the first call. */
  hears(other: Caller): boolean {
    return this.listenTo(other)?.hears(other.voice.hz) ?? false
  }

  /** Undefined: no track is received. A recreated link has another track. */
  listenTo({ userId }: Caller): Ear | undefined {
    const track = this.peers.find((peer) => peer.userId === userId)?.tracks.microphone
    const before = this.#ears.get(userId)
    if (!track || before?.track === track) return before
    before?.stop()
    const ear = new Ear(track)
    this.#ears.set(userId, ear)
    return ear
  }

  /** Listening is expensive: a hundred audio frames a second per person. */
  listenToNobody(): void {
    for (const ear of this.#ears.values()) ear.stop()
    this.#ears.clear()
  }

  /** Undefined: there is no connection. */
  async pathTo({ userId }: Caller): Promise<Path | undefined> {
    const connection = this.peers.find((peer) => peer.userId === userId)?.link.connection
    const stats = [...((await connection?.getStats()) ?? new Map()).values()]
    const chosen = stats.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
    )
    const local = stats.find(({ id }) => id === chosen?.localCandidateId)
    return (
      local && { kind: local.candidateType, transport: local.relayProtocol ?? local.protocol, url: local.url ?? '' }
    )
  }

  async start(groupId: string): Promise<string> {
    const answer = await this.#api.startCall({ callId: newId(), groupId, relayOnly: this.#relayOnly })
    this.#enter(answer)
    return answer.call?.id ?? ''
  }

  async join(groupId: string, callId: string): Promise<void> {
    this.#enter(await this.#api.joinCall({ callId, groupId, relayOnly: this.#relayOnly }))
  }

  async leave(): Promise<void> {
    await this.#session?.leave()
    this.#close()
  }

  stop(): void {
    this.#stopped = true
    this.#close()
    this.voice.stop()
    this.#device?.close()
  }

  get #relayOnly(): boolean {
    return this.options.relayOnly ?? false
  }

  /** The current gateway; another one when it does not answer. */
  get #api(): Client<typeof CallService> {
    return apiClient(CallService, this.#url, this.person.tokens.accessToken)
  }

  get #url(): string {
    const { urls } = this.options
    return urls[this.#turn % urls.length] ?? ''
  }

  #enter({ call, access }: Pick<Awaited<ReturnType<Client<typeof CallService>['joinCall']>>, 'call' | 'access'>): void {
    if (!call || !access) throw new Error('a call without access data')
    const { userId, deviceId } = this.person
    const api = {
      joinCall: (request: object) => this.#api.joinCall(request),
      renewCall: (request: object) => this.#api.renewCall(request),
      leaveCall: (request: object) => this.#api.leaveCall(request),
    }
    const session = new CallSession(
      {
        api,
        clock: systemClock,
        me: { userId, deviceId },
        reasonOf: (error) => errorInfo(error)?.reason ?? ErrorReason.UNAVAILABLE,
        relayOnly: () => this.#relayOnly,
        onCall: (picture) => this.#mesh?.update(picture),
        isLinked: () => true,
        onOver: (over) => {
          this.over = over
          this.#close()
        },
      },
      { call, access },
    )
    this.#session = session
    this.#mesh = new Mesh({
      clock: systemClock,
      makePeer,
      me: { userId, deviceId },
      callId: call.id,
      keys: this.keys,
      tracks: this.voice,
      relayOnly: access.relayOnly,
      access: () => this.#reachable(session.access),
      post: (value) => this.#device?.send({ case: 'signal', value }),
      onChange: () => undefined,
      onState: () => undefined,
      onReaction: () => undefined,
      onAside: () => undefined,
    })
    this.#mesh.update(call)
  }

  #reachable(access: CallAccess): CallAccess {
    const { reaches } = this.options
    return reaches ? { ...access, iceServers: access.iceServers.filter(({ urls }) => urls.every(reaches)) } : access
  }

  #close(): void {
    this.#session?.close()
    this.#mesh?.close()
    this.#mesh = undefined
    this.listenToNobody()
  }

  /** A socket that is replaced by one to the next gateway whenever it closes. */
  async #stayConnected(live: () => void): Promise<void> {
    for (; !this.#stopped; this.#turn++) {
      try {
        const device = await Device.open(this.#url)
        device.onFrame = (frame) => this.#take(frame)
        await device.hello(this.person.tokens.accessToken, this.#device)
        this.#device = device
        live()
        this.#mesh?.signallingBack()
        void this.#session?.renew()
        await device.closed
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  #take(frame: ServerFrame['frame']): void {
    if (frame.case === 'callChanged' && frame.value.call) this.#session?.picture(frame.value.call)
    if (frame.case === 'signal') this.#mesh?.receive(frame.value)
    if (frame.case === 'signalRefused') this.#mesh?.refused(frame.value)
  }
}

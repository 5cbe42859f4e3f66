import {
  type Call,
  type CallAccess,
  CallAccessSchema,
  CallSchema,
  CallState,
  InviteeSchema,
  InviteeState,
  ParticipantSchema,
} from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { proxyRefs, shallowRef } from 'vue'
import { ClientLog } from '../../diagnostics/client-log.js'
import type { FrameCase, FrameValue } from '../../net/link/wire.js'
import { TestClock } from '../../time/test-clock.js'
import { ActiveCall, type Joined } from './active-call.js'
import type { BeforeReload } from './browser/before-reload.js'
import type { BrowserListener } from './browser/browser-events.js'
import type { Claim } from './browser/one-window.js'
import { type CallsParts, callsOf } from './calls.js'
import type { MeshOptions, MeshPeer } from './engine/mesh.js'
import type { Over } from './engine/session.js'
import type { CallKeys } from './engine/trust/link-guard.js'
import type { OwnMedia } from './media/own-media.js'

export const ME = { userId: 'me', deviceId: 'laptop' }
export const BOB = { userId: 'bob', deviceId: 'phone' }
export const access = create(CallAccessSchema, { token: 'token', renewAfterMs: 300_000 })

export const callWith = (people: readonly { userId: string; deviceId: string }[], more: Partial<Call> = {}): Call =>
  create(CallSchema, {
    id: 'call',
    groupId: 'g',
    callerId: BOB.userId,
    state: CallState.ACTIVE,
    revision: 1,
    participants: people.map((person) => create(ParticipantSchema, person)),
    ...more,
  } as never)

export const ringingCall = (more: Partial<Call> = {}): Call =>
  callWith([BOB], { invitees: [create(InviteeSchema, { userId: ME.userId, state: InviteeState.RINGING })], ...more })

export const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve))
}

/** For specs: own media of a device without a microphone, or with one that can be removed. */
export function fakeMedia() {
  const did: string[] = []
  const media = {
    events: {
      onTrack: (_slot: string, _track: unknown) => undefined as unknown,
      onTrouble: (_device: string) => undefined as unknown,
    },
    microphoneOn: true,
    cameraOn: false,
    /** What is wrong with the microphone. */
    trouble: undefined as string | undefined,
    works: (device: string) => device === 'microphone' && media.trouble === undefined,
    troubleOf: (device: string) => (device === 'microphone' ? media.trouble : undefined),
    track: (_slot: string): MediaStreamTrack | null => null,
    placeholders: [],
    setMicrophone: (on: boolean) => void did.push(`microphone ${on ? 'on' : 'off'}`),
    setCamera: async (on: boolean) => {
      media.cameraOn = on
      did.push(`camera ${on ? 'on' : 'off'}`)
    },
    setScreen: async (on: boolean) => void did.push(`screen ${on ? 'on' : 'off'}`),
    openMicrophone: async () => void did.push('microphone opened'),
    choose: async (kind: string, id: string) => void did.push(`${kind} ${id}`),
    devicesChanged: async () => void did.push('devices changed'),
    permissionChanged: async (device: string, isAllowed: boolean) =>
      void did.push(`${device} ${isAllowed ? 'allowed' : 'forbidden'}`),
    close: () => void did.push('closed'),
  }
  return { media: media as typeof media & OwnMedia, did }
}

/** For specs: keys that sign nothing. */
const fakeKeys = (did: string[]): CallKeys => ({
  own: { ...ME, algorithm: 1, publicKey: new Uint8Array(32), sign: async () => new Uint8Array(64) },
  book: {
    expect: async () => undefined,
    check: async () => ({ distrust: 'noKey' }),
    holds: async () => ({ distrust: 'noKey' }),
    trust: async (userId, keys, trust) => void did.push(`keys: ${keys.length} of ${userId} ${trust}`),
    onChange: () => () => undefined,
  },
})

/** For specs: one call of this device, with links, sound and browser controlled by the test. */
export function activeCallOnFakes(call = callWith([ME, BOB]), allowed: CallAccess = access) {
  const clock = new TestClock()
  const did: string[] = []
  const over: Over[] = []
  const noted: BeforeReload[] = []
  const log = new ClientLog(() => clock.now())
  const { media, did: mediaDid } = fakeMedia()
  const peers: MeshPeer[] = []
  let mesh: Omit<MeshOptions, 'clock' | 'makePeer'> | undefined
  let blocked: (blocked: boolean) => void = () => undefined
  let browser: BrowserListener | undefined
  const devices = { microphone: [{ id: 'one', label: 'One' }], camera: [], speaker: [] }
  const server = {
    renew: async (): Promise<object> => ({}),
    relayOnly: false,
  }
  const active = new ActiveCall({ call, access: allowed }, ME, media, (why) => over.push(why), {
    clock,
    keys: fakeKeys(did),
    log,
    api: {
      joinCall: async () => ({}) as never,
      renewCall: async () => (await server.renew()) as never,
      leaveCall: async () => void did.push('server: leave') as never,
    },
    reasonOf: (error) => (error as { reason: number }).reason,
    makeMesh: (options) => {
      mesh = options
      return {
        peers,
        update: ({ participants }) => void did.push(`mesh: ${participants.map(({ userId }) => userId).join(' ')}`),
        receive: () => void did.push('mesh: signal'),
        refused: () => void did.push('mesh: refused'),
        signallingBack: () => void did.push('mesh: signalling back'),
        networkChanged: () => void did.push('mesh: network changed'),
        serversChanged: () => void did.push('mesh: new servers'),
        tryAgain: (userId) => void did.push(`mesh: ${userId} again`),
        react: (reaction) => void did.push(`reacts: ${reaction}`),
        aside: (content) => void did.push(`aside: ${content.length} bytes`),
        setTrack: async (slot) => void did.push(`mesh: ${slot}`),
        say: ({ microphone, deafened, hand }) =>
          void did.push(
            `says: ${microphone ? 'microphone' : 'muted'}${deafened ? ', deafened' : ''}${hand ? ', hand' : ''}`,
          ),
        close: () => void did.push('mesh: closed'),
      }
    },
    makeRoom: () => Promise.reject(new Error('no room here')),
    makeMixer: (onBlocked) => {
      blocked = onBlocked
      return {
        hear: (deviceId) => void did.push(`hears ${deviceId}`),
        setVolume: (deviceId, volume) => void did.push(`${deviceId} at ${volume}`),
        setDeafened: (on) => void did.push(on ? 'deafened' : 'undeafened'),
        setSpeaker: async (id) => void did.push(`speaker ${id}`),
        keep: () => undefined,
        resume: async () => void did.push('sound resumed'),
        close: () => void did.push('mixer: closed'),
      }
    },
    sendSignal: () => void did.push('signal sent'),
    relayOnly: () => server.relayOnly,
    listDevices: async () => devices,
    watchBrowser: (listener, signal) => {
      browser = listener
      signal.addEventListener('abort', () => did.push('browser: left alone'))
    },
    noteForReload: (state) => void noted.push(state),
  })
  return {
    active,
    clock,
    did,
    over,
    noted,
    log,
    media,
    mediaDid,
    peers,
    devices,
    server,
    mesh: () => mesh as NonNullable<typeof mesh>,
    browser: () => browser as BrowserListener,
    block: (on: boolean) => blocked(on),
  }
}

/** For specs: the calls of a window. */
export function callsOnFakes({ supported = true, signs = true } = {}) {
  const clock = new TestClock()
  const listeners = new Map<FrameCase, ((value: never) => void)[]>()
  const did: string[] = []
  const goodbyes: ((asked: boolean) => unknown)[] = []
  const log = new ClientLog(() => 0)
  const held: { free: boolean; claims: Claim[]; take: () => void } = { free: true, claims: [], take: () => undefined }
  const reload: { state: BeforeReload | undefined } = { state: undefined }
  const answers: Partial<Record<string, () => unknown>> = {}
  const own = fakeMedia()
  const made: { joined: Joined; finish: (over: Over) => void }[] = []
  const connection = {
    eager: false,
    on: (kind: FrameCase, listener: (value: never) => void) => {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener])
      return () => undefined
    },
  }
  const api = new Proxy(
    {},
    {
      get: (_, name: string) => async (request: object) => {
        did.push(
          `${name} ${JSON.stringify(request, (key, value) => (key === 'callId' && value.length > 20 ? 'new' : value))}`,
        )
        return answers[name]?.() ?? { calls: [], call: callWith([ME]), access }
      },
    },
  )
  const calls = proxyRefs(
    callsOf({
      me: () => ME.userId,
      myDevice: () => ME.deviceId,
      api: api as CallsParts['api'],
      connection: connection as CallsParts['connection'],
      log,
      clock,
      isSupported: supported,
      whyNotSigning: async () => (signs ? undefined : 'calls.tooOld'),
      onTalking: (talking) => void did.push(talking ? 'talks' : 'talks no longer'),
      nameOf: (userId) => userId.toUpperCase(),
      isDirect: (groupId) => groupId === 'direct',
      beforeLeaving: (work) => {
        goodbyes.push(work)
        return () => undefined as never
      },
      reload: {
        read: (callId) => (reload.state?.callId === callId ? reload.state : undefined),
        forget: () => void did.push('reload: forgotten'),
      },
      holdCall: async (_, claim, onTaken) => {
        held.claims.push(claim)
        held.take = onTaken
        return held.free ? () => void did.push('lock: given back') : undefined
      },
      relayOnly: () => true,
      openMedia: async ({ camera, microphone }) => {
        did.push(`media: ${camera ? 'camera ' : ''}${microphone ? 'microphone' : 'muted'}`)
        return own.media
      },
      makeCall: async () => (joined, _me, media, finish) => {
        made.push({ joined, finish })
        const present = shallowRef(joined.call)
        return {
          get call() {
            return present.value
          },
          update: (call: Call) => {
            present.value = call
          },
          setMicrophone: (on: boolean) => void did.push(`call: microphone ${on}`),
          setDeafened: (on: boolean) => void did.push(`call: deafened ${on}`),
          receive: () => void did.push('call: signal'),
          refused: () => void did.push('call: refused'),
          resume: async () => void did.push('call: resumed'),
          leave: async () => {
            media.close()
            did.push('call: left')
          },
          close: () => {
            media.close()
            did.push('call: closed')
          },
        } as unknown as ActiveCall
      },
    }),
  )
  return {
    calls,
    did,
    clock,
    log,
    held,
    reload,
    answers,
    own,
    made,
    connection,
    says<C extends FrameCase>(kind: C, value: Partial<FrameValue<C>>): void {
      for (const listener of listeners.get(kind) ?? []) listener(value as never)
    },
    goodbye: () => Promise.all(goodbyes.map((work) => work(true))),
  }
}

import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import type { ClientLog } from '../../diagnostics/client-log.js'
import { log } from '../../diagnostics/log.js'
import { calls, connection, mediaKeys, reasonOf } from '../../net/index.js'
import { type Clock, systemClock } from '../../time/clock.js'
import { type BeforeReload, noteForReload } from './browser/before-reload.js'
import { type BrowserListener, watchBrowser } from './browser/browser-events.js'
import { Mesh, type MeshOptions } from './engine/mesh.js'
import { makePeer } from './engine/peer/restarting-peer.js'
import type { CallApi } from './engine/session.js'
import type { SfuOptions } from './engine/sfu/sfu.js'
import { CannotEncrypt, type RoomTransport } from './engine/switcher.js'
import type { CallKeys } from './engine/trust/link-guard.js'
import { type Devices, listDevices } from './media/devices.js'
import { noteMicrophone } from './media/last-microphone.js'
import { Mixer } from './media/mixer.js'
import { relayOnly } from './relay-only.js'

/** What a call says of the room. */
export type RoomOptions = Omit<SfuOptions, 'clock' | 'delivery'> & { readonly groupId: string }

/** What a call needs from the browser and the server. */
export interface ActiveCallParts {
  readonly api: CallApi
  readonly clock: Clock
  readonly log: Pick<ClientLog, 'step' | 'error'>
  readonly keys: CallKeys
  reasonOf(error: unknown): ErrorReason
  /** The links to the other participants. */
  makeMesh(options: Omit<MeshOptions, 'clock' | 'makePeer'>): Pick<Mesh, keyof Mesh>
  /** A room on an SFU. Errors: CannotEncrypt; those of fetching its code. */
  makeRoom(options: RoomOptions): Promise<RoomTransport>
  /** Plays the sound. `onBlocked`: the browser blocks the sound, or allows it again. */
  makeMixer(onBlocked: (blocked: boolean) => void): Pick<Mixer, keyof Mixer>
  sendSignal(frame: OutgoingSignal): void
  /** The person's setting: through the relay only. */
  relayOnly(): boolean
  listDevices(): Promise<Devices>
  watchBrowser(listener: BrowserListener, signal: AbortSignal): void
  noteForReload(state: BeforeReload): void
}

export const browserCallParts: Omit<ActiveCallParts, 'keys'> = {
  api: calls,
  clock: systemClock,
  log,
  reasonOf,
  makeMesh: (options) => new Mesh({ ...options, clock: systemClock, makePeer }),
  makeRoom: async ({ groupId, ...options }) => {
    const { canEncrypt, Sfu } = await import('./engine/sfu/sfu.js')
    if (!canEncrypt()) throw new CannotEncrypt()
    const of = { groupId, callId: options.callId, generation: options.generation }
    const delivery = {
      commit: (epoch: number, commit: Uint8Array, groupInfo: Uint8Array) =>
        mediaKeys.commitMediaKeys({ ...of, epoch, commit, groupInfo }),
      list: (epoch: number) => mediaKeys.listMediaKeyCommits({ ...of, epoch }),
    }
    return new Sfu({ ...options, clock: systemClock, delivery })
  },
  makeMixer: (onBlocked) => new Mixer(onBlocked),
  sendSignal: (frame) => connection.send({ case: 'signal', value: frame }),
  relayOnly: () => relayOnly.value,
  listDevices,
  watchBrowser,
  noteForReload: (state) => {
    noteMicrophone(state.microphone)
    noteForReload(state)
  },
}

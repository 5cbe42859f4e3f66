import type { CallAccess } from '@beseda/proto/call/v1/call_service'
import { ConnectionState, DisconnectReason, type Room } from 'livekit-client'
import { handled } from '../../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../../time/clock.js'

/** Between attempts to get into the room. */
const RETRY_MS = 1_000

export interface EntryOptions {
  readonly clock: Clock
  readonly room: Pick<Room, 'state' | 'setE2EEEnabled' | 'connect' | 'disconnect'> & {
    readonly localParticipant: Pick<Room['localParticipant'], 'identity'>
  }
  readonly deviceId: string
  readonly generation: number
  readonly relayOnly: boolean
  access(): Pick<CallAccess, 'sfu' | 'iceServers'>
  onIn(): void
  onChange(): void
}

/** The way into a room, again and again while it is lost, as this device and as nobody else. */
export class Entry {
  readonly #retry: Alarm
  #entering = false
  #closed = false
  /** Put out of the room: only newer access leads in again. */
  #isPutOut = false

  constructor(private readonly options: EntryOptions) {
    this.#retry = new Alarm(options.clock)
  }

  /** The node says who this device is in its room: frames would be encrypted with the keys of that device. */
  get isIn(): boolean {
    const { room, deviceId } = this.options
    return room.state === ConnectionState.Connected && room.localParticipant.identity === deviceId
  }

  async enter(): Promise<void> {
    const { access, generation, room, relayOnly, onIn, onChange } = this.options
    const { sfu, iceServers } = access()
    if (this.#closed || this.#entering || this.#isPutOut || room.state !== ConnectionState.Disconnected) return
    if (sfu?.generation !== generation) return
    this.#entering = true
    try {
      await room.setE2EEEnabled(true)
      await room.connect(sfu.url, sfu.token, {
        autoSubscribe: true,
        maxRetries: 0,
        rtcConfig: {
          // Never the servers that the SFU names: those are somebody else's by default.
          iceServers: iceServers.map(({ urls, username, credential }) => ({ urls: [...urls], username, credential })),
          iceTransportPolicy: relayOnly ? 'relay' : 'all',
        },
      })
      if (!this.isIn) {
        await room.disconnect(false)
        throw new Error('the node of the room takes this device for another one')
      }
      onIn()
    } catch (error) {
      handled('calls.sfu', 'MEDIA_FAILED')(error)
      this.#again()
    } finally {
      this.#entering = false
    }
    onChange()
  }

  lost(reason: DisconnectReason | undefined): void {
    this.#isPutOut = reason === DisconnectReason.PARTICIPANT_REMOVED
    if (this.#isPutOut) this.#retry.clear()
    else this.#again()
  }

  /** There is newer access to the room. */
  renewed(): void {
    this.#isPutOut = false
    void this.enter()
  }

  close(): void {
    this.#closed = true
    this.#retry.clear()
  }

  #again(): void {
    if (!this.#closed && !this.#isPutOut) this.#retry.set(RETRY_MS, () => void this.enter())
  }
}

import { BoundedMap } from '@beseda/async'
import type { Call } from '@beseda/proto/call/v1/call_service'

interface Device {
  readonly userId: string
  readonly deviceId: string
}

interface Known {
  readonly devices: Promise<ReadonlySet<string>>
  readonly at: number
}

/** Age up to which a call's devices are used as they are known. Larger: a change whose notice was lost counts later. */
const FRESH_MS = 5_000
/** Age after which the devices are asked for again when one is missing: it may have joined a moment ago. Smaller: a request for every signal. */
const AGAIN_MS = 250
/** Calls remembered. One that is dropped is asked for again. */
const MAX_CALLS = 10_000

/** The devices in the calls that this gateway forwards signals of: asked of the call service, and forgotten at every change. */
export class CallParticipants {
  readonly #calls = new BoundedMap<string, Known>(MAX_CALLS)

  constructor(private readonly load: (groupId: string, callId: string) => Promise<readonly Device[]>) {}

  changed({ id }: Pick<Call, 'id'>): void {
    this.#calls.delete(id)
  }

  /** To be called when changes may have been missed. */
  forget(): void {
    this.#calls.clear()
  }

  /** Whether all devices are in the call. `now`: ms of a monotonic clock. Errors: those of the call service. */
  async areIn(groupId: string, callId: string, devices: readonly Device[], now: number): Promise<boolean> {
    const isIn = (known: ReadonlySet<string>) => devices.every((device) => known.has(keyOf(device)))
    return (
      isIn(await this.#known(groupId, callId, now, FRESH_MS)) || isIn(await this.#known(groupId, callId, now, AGAIN_MS))
    )
  }

  #known(groupId: string, callId: string, now: number, maxAgeMs: number): Known['devices'] {
    const before = this.#calls.get(callId)
    if (before && now - before.at < maxAgeMs) return before.devices
    const asked = this.load(groupId, callId).then((devices) => new Set(devices.map(keyOf)))
    const devices = asked.catch((error: unknown) => {
      // While the call service is away the last answer holds, so that calls go on.
      if (before) return before.devices
      this.#calls.delete(callId)
      throw error
    })
    this.#calls.set(callId, { devices, at: now })
    return devices
  }
}

const keyOf = ({ userId, deviceId }: Device): string => `${userId}.${deviceId}`

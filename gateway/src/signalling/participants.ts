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

/** A change that was not heard of counts after so long at the latest. */
const FRESH_MS = 5_000
/** Somebody who is not known may have come a moment ago: asked again, but not for every signal. */
const AGAIN_MS = 250
/** Calls kept at most; beyond, the oldest are asked for again. */
const MAX_CALLS = 10_000

/** Which devices are in the calls that are signalled in here: asked of the call service, forgotten at every change. */
export class CallParticipants {
  readonly #calls = new BoundedMap<string, Known>(MAX_CALLS)

  constructor(private readonly load: (groupId: string, callId: string) => Promise<readonly Device[]>) {}

  changed({ id }: Pick<Call, 'id'>): void {
    this.#calls.delete(id)
  }

  /** Nobody knows what was missed. */
  forget(): void {
    this.#calls.clear()
  }

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
      // Without an answer the one before holds: a call goes on when the call service is away.
      if (before) return before.devices
      this.#calls.delete(callId)
      throw error
    })
    this.#calls.set(callId, { devices, at: now })
    return devices
  }
}

const keyOf = ({ userId, deviceId }: Device): string => `${userId}.${deviceId}`

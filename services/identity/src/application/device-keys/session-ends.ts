import type { SessionNotices } from '../sessions/ports.js'
import type { DeviceKeys } from './device-keys.js'

/** Whom the end of sessions concerns: gateways and calls, and the keys of devices that have no session any more. */
export class SessionEnds implements SessionNotices {
  constructor(
    private readonly others: SessionNotices,
    private readonly keys: Pick<DeviceKeys, 'forget'>,
    private readonly now: () => Date,
    /** The sessions have ended all the same. A key that stays opens nothing: only a device with a session gets into a call. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  ended(userId: string, sessionIds: readonly string[], deviceIds: readonly string[]): void {
    this.others.ended(userId, sessionIds, deviceIds)
    this.keys.forget(userId, deviceIds, this.now()).catch(this.onFailure)
  }
}

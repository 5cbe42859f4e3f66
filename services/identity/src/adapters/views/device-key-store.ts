import type { Projection, SqliteView } from '@beseda/event-log'
import type { DeviceKeyRecord, DeviceKeyStore } from '../../application/device-keys/ports.js'

const ROWS =
  'SELECT user_id AS userId, device_id AS deviceId, algorithm, public_key AS publicKey FROM device_key WHERE user_id = ? ORDER BY number'

/** The oldest first. */
export const deviceKeyRows = (view: SqliteView, userId: string): DeviceKeyRecord[] =>
  view.all<DeviceKeyRecord>(ROWS, userId)

export class SqliteDeviceKeyStore implements DeviceKeyStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  of(userId: string): readonly DeviceKeyRecord[] {
    return deviceKeyRows(this.projection.view, userId)
  }
}

import type { Projection } from '@beseda/event-log'
import type { Loaded, PushDeviceStore, SessionKey } from '../../application/ports.js'
import type { PushDevice, Subscription, Subscriptions } from '../../domain/devices/push-device.js'

interface PushRow {
  readonly user_id: string
  readonly session_id: string
  readonly device_id: string
  readonly endpoint: string
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
  readonly locale: string
  readonly seq: number
}

/** Devices in the view. A row with an empty endpoint is of a session that is no longer subscribed. */
export class SqlitePushDeviceStore implements PushDeviceStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  load(userId: string): Subscriptions {
    return new Map(this.of(userId).map(({ userId: _, sessionId, ...subscription }) => [sessionId, subscription]))
  }

  session(userId: string, sessionId: string): Loaded<Subscription | undefined> {
    const sql = 'SELECT * FROM push WHERE user_id = ? AND session_id = ?'
    const row = this.projection.view.get<PushRow>(sql, userId, sessionId)
    if (!row || row.endpoint === '') return { state: undefined, lastSeq: row?.seq ?? 0 }
    const { userId: _, sessionId: __, ...subscription } = deviceOf(row)
    return { state: subscription, lastSeq: row.seq }
  }

  of(userId: string): readonly PushDevice[] {
    return this.#all("SELECT * FROM push WHERE user_id = ? AND endpoint <> '' ORDER BY seq DESC", userId)
  }

  at(endpoint: string): readonly PushDevice[] {
    return this.#all('SELECT * FROM push WHERE endpoint = ?', endpoint)
  }

  page(after: SessionKey | undefined, limit: number): readonly PushDevice[] {
    const { userId = '', sessionId = '' } = after ?? {}
    const sql = `SELECT * FROM push WHERE endpoint <> '' AND (user_id, session_id) > (?, ?) ORDER BY user_id, session_id LIMIT ?`
    return this.#all(sql, userId, sessionId, limit)
  }

  #all(sql: string, ...parameters: readonly (string | number)[]): readonly PushDevice[] {
    return this.projection.view.all<PushRow>(sql, ...parameters).map(deviceOf)
  }
}

const deviceOf = ({ user_id, session_id, device_id, endpoint, p256dh, auth, locale }: PushRow): PushDevice => ({
  userId: user_id,
  sessionId: session_id,
  deviceId: device_id,
  endpoint,
  p256dh,
  auth,
  locale,
})

import { storing, unlessOutrun, whenAnswered } from '@beseda/event-log'
import type { InstallationSecret } from '@beseda/platform'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { KnownDevices } from '../../application/email/ports.js'

/** In the bucket of sessions, with which they expire: a device that has not signed in for that long is a new one. */
export class KnownDeviceBucket implements KnownDevices {
  private constructor(
    private readonly kv: KV,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
  ) {}

  static async open(nc: NatsConnection, secret: Pick<InstallationSecret, 'hash'>): Promise<KnownDeviceBucket> {
    return new KnownDeviceBucket(await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET)), secret)
  }

  async add(userId: string, deviceId: string): Promise<boolean> {
    // The id is the client's, of any characters.
    const hash = this.secret.hash('device of a sign-in', deviceId).subarray(0, 16).toString('base64url')
    const key = `known.${userId}.${hash}`
    const isNew = await unlessOutrun(() => storing(() => this.kv.create(key, '')))
    if (!isNew) await this.kv.put(key, '')
    return isNew
  }
}

import { timingSafeEqual } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'

/**
 * What a device has from an earlier sign-in of the person: a keyed hash of both, so that nothing is stored. It lets nobody in; it only tells
 * the person's own device from those of strangers.
 */
export class DeviceProofs {
  constructor(private readonly secret: Pick<InstallationSecret, 'hash'>) {}

  issue(userId: string, deviceId: string): string {
    return this.#hash(userId, deviceId).toString('base64url')
  }

  /** Whether one of them is of this person on this device. */
  isKnown(proofs: readonly string[], userId: string, deviceId: string): boolean {
    const expected = this.#hash(userId, deviceId)
    return proofs.some((proof) => {
      const presented = Buffer.from(proof, 'base64url')
      return presented.length === expected.length && timingSafeEqual(presented, expected)
    })
  }

  #hash(userId: string, deviceId: string): Buffer {
    return this.secret.hash('known device', JSON.stringify([userId, deviceId]))
  }
}

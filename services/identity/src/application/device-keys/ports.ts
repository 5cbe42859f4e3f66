import type { HeldKey } from '@beseda/client-protocol/device-keys'
import type { KeyAlgorithm } from '@beseda/proto/identity/v1/events'

export interface DeviceKeyRecord extends HeldKey {
  readonly algorithm: KeyAlgorithm
}

export abstract class DeviceKeyStore {
  /** The oldest first. */
  abstract of(userId: string): readonly DeviceKeyRecord[]
}

/** Checks signatures. */
export abstract class Signatures {
  /** False also for a public key that is none. */
  abstract verify(publicKey: Uint8Array, statement: Uint8Array, signature: Uint8Array): boolean
}

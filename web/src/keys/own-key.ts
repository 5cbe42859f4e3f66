import { deviceKeyStatement, type HeldKey, type KeyHolder } from '@beseda/client-protocol/device-keys'
import { KeyAlgorithm } from '@beseda/proto/identity/v1/events'
import { makeKeyPair, rawKey, signWith } from './signature.js'

/** The key of this device. */
export interface OwnKey extends HeldKey {
  sign(statement: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

/** Where the pair is kept, by person. */
export interface PairStore {
  /** The kept pair; or else `made`, which is kept from now on. */
  keep(userId: string, made: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>
}

/** Errors: those of `makeKeyPair`. */
export async function ownKeyOf(store: PairStore, { userId, deviceId }: KeyHolder): Promise<OwnKey> {
  const { publicKey, privateKey } = await store.keep(userId, makeKeyPair)
  return {
    userId,
    deviceId,
    algorithm: KeyAlgorithm.ED25519,
    publicKey: await rawKey(publicKey),
    sign: (statement) => signWith(privateKey, statement),
  }
}

/** What the server needs to list the key of this device. */
export async function publicationOf(own: OwnKey) {
  const { algorithm, publicKey } = own
  const proof = await own.sign(deviceKeyStatement(own, algorithm, publicKey))
  return { algorithm: KeyAlgorithm.ED25519, publicKey, proof }
}

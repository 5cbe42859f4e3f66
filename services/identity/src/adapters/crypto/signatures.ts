import { createPublicKey, verify } from 'node:crypto'
import type { Signatures } from '../../application/device-keys/ports.js'

/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_BYTES = 32

/** Ed25519 (RFC 8032). */
export class Ed25519Signatures implements Signatures {
  verify(publicKey: Uint8Array, statement: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== KEY_BYTES) return false
    const key = createPublicKey({ key: Buffer.concat([PREFIX, publicKey]), format: 'der', type: 'spki' })
    return verify(null, statement, key, signature)
  }
}

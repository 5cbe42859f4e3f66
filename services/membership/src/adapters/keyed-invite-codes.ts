import { createHash } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'
import { InviteCodes } from '../application/ports.js'

/** 128 bits: nobody guesses one. */
const CODE_BYTES = 16

/** Codes and ids are keyed hashes of the command: nobody else can compute them, and the log needs to hold no code. */
export class KeyedInviteCodes extends InviteCodes {
  constructor(private readonly secret: InstallationSecret) {
    super()
  }

  issue(groupId: string, commandId: string): { readonly inviteId: string; readonly code: string } {
    const code = this.secret
      .hash('invite code', `${groupId} ${commandId}`)
      .subarray(0, CODE_BYTES)
      .toString('base64url')
    return { inviteId: this.secret.id('invite', groupId, commandId), code }
  }

  hash(code: string): Uint8Array {
    return createHash('sha256').update(code).digest()
  }
}

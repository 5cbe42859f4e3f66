import { descriptionStatement, fingerprintOf, type HeldKey, type KeyHolder } from '@beseda/client-protocol/device-keys'
import type { SessionDescription } from '@beseda/proto/gateway/v1/frames'
import type { KeyBook } from '../../../../keys/key-book.js'
import type { Trust } from '../../../../keys/known-person.js'
import type { OwnKey } from '../../../../keys/own-key.js'
import type { RefusedFor } from './refusal.js'

/** The keys that a call is made with. */
export interface CallKeys {
  readonly own: OwnKey
  readonly book: Pick<KeyBook, 'check' | 'holds' | 'expect' | 'trust' | 'onChange'>
}

/** The key of the other device, which has signed its description. */
export interface PeerKey {
  readonly key: HeldKey
  readonly trust: Trust
}
export interface Refused {
  readonly why: RefusedFor
  readonly key?: HeldKey
}
export type Checked = (PeerKey & { readonly why?: undefined }) | Refused

/** Signs the descriptions for one other device, and checks those of that device. */
export interface LinkGuard {
  sign(type: string, sdp: string, round: number): Promise<Uint8Array>
  check(description: SessionDescription, round: number): Promise<Checked>
}

/** Errors of `sign`: a description without one SHA-256 fingerprint. */
export function guardOf({ own, book }: CallKeys, callId: string, peer: KeyHolder): LinkGuard {
  const statementOf = (from: KeyHolder, to: KeyHolder, type: string, sdp: string, round: number) => {
    const fingerprint = fingerprintOf(sdp)
    return fingerprint && descriptionStatement({ callId, round, type, from, to, fingerprint })
  }
  return {
    sign: async (type, sdp, round) => {
      const statement = statementOf(own, peer, type, sdp, round)
      if (!statement) throw new Error('a description without one fingerprint')
      return own.sign(statement)
    },
    check: async ({ type, sdp, signature }, round) => {
      if (signature.length === 0) return { why: 'unsigned' }
      const statement = statementOf(peer, own, type, sdp, round)
      if (!statement) return { why: 'forged' }
      const verdict = await book.check(peer, statement, signature)
      return verdict.distrust === undefined
        ? verdict
        : { why: verdict.distrust, ...(verdict.key ? { key: verdict.key } : {}) }
    },
  }
}

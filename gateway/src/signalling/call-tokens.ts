import { Refusal } from '@beseda/kernel'
import type { TokenVerifier } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { ClientSocket } from '../session/client-socket.js'

/** What a call token says about the device that it was made for. */
export interface CallClaims {
  readonly callId: string
  readonly groupId: string
  /** Only candidates of relays may be passed on: the operator or the person hides addresses. */
  readonly relayOnly: boolean
  /** Which stay of the device in the call; higher each time it joins. */
  readonly epoch: number
}

interface Checked {
  readonly token: string
  /** Of the keys that it was checked with. */
  readonly generation: number
  readonly claims: Promise<CallClaims & { readonly expiresAt: number }>
}

/**
 * Call tokens of sockets. A negotiation is some 40 frames with the same token: it is verified once for each socket, until it expires or the
 * keys change. That the call goes on and the device is still in it is not in the token; `CallParticipants` checks that for every signal.
 */
export class CallTokens {
  /** The last token of each socket: a device is in one call. */
  readonly #checked = new WeakMap<ClientSocket, Checked>()

  constructor(private readonly verifier: Pick<TokenVerifier, 'verify' | 'generation'>) {}

  /** `now`: Unix ms. Errors: UNAUTHENTICATED, TOKEN_EXPIRED. */
  async claims(socket: ClientSocket, token: string, now: number): Promise<CallClaims> {
    const known = this.#checked.get(socket)
    if (known?.token === token && known.generation === this.verifier.generation) {
      const claims = await known.claims
      if (claims.expiresAt > now) return claims
    }
    return this.#check(socket, token)
  }

  async #check(socket: ClientSocket, token: string): Promise<CallClaims> {
    const claims = this.#verify(socket, token)
    const checked = { token, generation: this.verifier.generation, claims }
    this.#checked.set(socket, checked)
    try {
      return await claims
    } catch (error) {
      // A token that was refused is checked again: the keys may not have been there.
      if (this.#checked.get(socket) === checked) this.#checked.delete(socket)
      throw error
    }
  }

  async #verify(socket: ClientSocket, token: string): Promise<CallClaims & { readonly expiresAt: number }> {
    const { sub, did, call, grp, rel, epo, exp = 0 } = await this.verifier.verify(token, 'call')
    const isTheirs = sub === socket.userId && did === socket.deviceId
    if (!isTheirs || typeof call !== 'string' || typeof grp !== 'string' || typeof epo !== 'number') {
      throw new Refusal(ErrorReason.UNAUTHENTICATED)
    }
    return { callId: call, groupId: grp, relayOnly: rel === true, epoch: epo, expiresAt: exp * 1_000 }
  }
}

import { Refusal } from '@beseda/kernel'
import { TokenVerifier } from '@beseda/platform'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { createClient, type Transport } from '@connectrpc/connect'
import { CallTickets, type Speaker } from '../application/ports.js'

const KEYS_TIMEOUT_MS = 2_000

/** Call tokens, checked with the keys of the call service: it gives one, for ten minutes, to each device in a call. */
export class SignedTickets extends CallTickets {
  readonly #verifier: TokenVerifier

  constructor(rpc: Transport) {
    super()
    const calls = createClient(CallService, rpc)
    this.#verifier = new TokenVerifier(async () => (await calls.getCallKeys({}, { timeoutMs: KEYS_TIMEOUT_MS })).jwks)
  }

  async check(token: string, { userId, deviceId }: Speaker): Promise<void> {
    const { sub, did } = await this.#verifier.verify(token, 'call')
    if (sub !== userId || did !== deviceId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  }
}

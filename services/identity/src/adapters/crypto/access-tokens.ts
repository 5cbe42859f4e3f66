import type { TokenSigner } from '@beseda/platform'
import type { AccessTokens } from '../../application/sessions/ports.js'

/** Access tokens as JWTs for the gateways: `sub` is the person, `sid` the session, `did` the device. */
export class JwtAccessTokens implements AccessTokens {
  constructor(private readonly signer: Pick<TokenSigner, 'sign'>) {}

  sign(
    { userId, sessionId, deviceId }: { readonly userId: string; readonly sessionId: string; readonly deviceId: string },
    now: Date,
    expiresAt: Date,
  ): Promise<string> {
    return this.signer.sign('beseda', { sub: userId, sid: sessionId, did: deviceId }, now, expiresAt)
  }
}

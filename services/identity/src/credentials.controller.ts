import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { ExternalIdentities } from './application/external-identities.js'
import { Passkeys } from './application/passkeys.js'
import { Sessions } from './application/sessions.js'
import { SignIns } from './application/sign-ins.js'
import { passkeyId } from './domain/account.js'

const { method } = IdentityService
const NO_ANSWER = { flow: '', code: '', state: '', iss: '' }

/** Ways to sign in besides name and password. */
@Controller()
export class CredentialsController {
  constructor(
    private readonly external: ExternalIdentities,
    private readonly passkeys: Passkeys,
    private readonly sessions: Sessions,
    private readonly signIns: SignIns,
  ) {}

  @Rpc(method.listSignInWays)
  async listSignInWays(_request: pb.ListSignInWaysRequest, _context: RpcContext) {
    return { providers: this.external.list().map((one) => ({ ...one })), passkeys: this.passkeys.available }
  }

  @Rpc(method.startOidc)
  async startOidc({ providerId }: pb.StartOidcRequest, _context: RpcContext) {
    return this.external.start(providerId, Date.now())
  }

  @Rpc(method.finishOidc)
  async finishOidc({ answer, device, locale }: pb.FinishOidcRequest, _context: RpcContext) {
    const now = new Date()
    return this.signIns.open(await this.external.signIn(answer ?? NO_ANSWER, locale, now), device, now)
  }

  @Rpc(method.linkOidc)
  async linkOidc({ answer }: pb.LinkOidcRequest, context: RpcContext) {
    await this.#requireFresh(context)
    await this.external.link(answer ?? NO_ANSWER, requireUser(context), new Date())
    return {}
  }

  @Rpc(method.unlinkOidc)
  async unlinkOidc({ providerId }: pb.UnlinkOidcRequest, context: RpcContext) {
    await this.external.unlink(providerId, callerOf(context))
    return {}
  }

  @Rpc(method.listCredentials)
  async listCredentials(_request: pb.ListCredentialsRequest, context: RpcContext) {
    const userId = requireUser(context)
    return {
      providerIds: this.external.of(userId).map(({ provider_id }) => provider_id),
      passkeys: this.passkeys.of(userId).map(({ credential_id, name, added_at }) => ({
        id: passkeyId(credential_id),
        name,
        addedAt: timestampFromMs(added_at),
      })),
    }
  }

  @Rpc(method.startPasskey)
  async startPasskey(_request: pb.StartPasskeyRequest, context: RpcContext) {
    await this.#requireFresh(context)
    return this.passkeys.start(requireUser(context), Date.now())
  }

  @Rpc(method.addPasskey)
  async addPasskey({ commandId, flow, responseJson, name }: pb.AddPasskeyRequest, context: RpcContext) {
    await this.passkeys.add(flow, responseJson, name, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.removePasskey)
  async removePasskey({ commandId, passkeyId: id }: pb.RemovePasskeyRequest, context: RpcContext) {
    await this.passkeys.remove(id, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.startPasskeySignIn)
  async startPasskeySignIn(_request: pb.StartPasskeySignInRequest, _context: RpcContext) {
    return this.passkeys.startSignIn(Date.now())
  }

  @Rpc(method.finishPasskeySignIn)
  async finishPasskeySignIn({ flow, responseJson, device }: pb.FinishPasskeySignInRequest, _context: RpcContext) {
    const now = new Date()
    return this.signIns.open(await this.passkeys.signIn(flow, responseJson, now), device, now)
  }

  /** A new way to sign in is for ever: a device that was left open must not be enough for it. Errors: SIGN_IN_AGAIN. */
  async #requireFresh(context: RpcContext): Promise<void> {
    const isFresh = await this.sessions.isFresh(requireUser(context), context.sessionId, Date.now())
    if (!isFresh) throw new Refusal(ErrorReason.SIGN_IN_AGAIN)
  }
}

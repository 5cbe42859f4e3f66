import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Accounts } from './application/accounts.js'
import { ExternalIdentities } from './application/external-identities.js'
import { base64url, Passkeys } from './application/passkeys.js'
import { SignIns } from './application/sign-ins.js'

const { method } = IdentityService
const NO_ANSWER = { flow: '', code: '', state: '', iss: '' }

/** Ways to sign in besides name and password. */
@Controller()
export class CredentialsController {
  constructor(
    private readonly external: ExternalIdentities,
    private readonly passkeys: Passkeys,
    private readonly accounts: Accounts,
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
    await this.external.link(answer ?? NO_ANSWER, requireUser(context), new Date())
    return {}
  }

  @Rpc(method.unlinkOidc)
  async unlinkOidc({ providerId }: pb.UnlinkOidcRequest, context: RpcContext) {
    const userId = requireUser(context)
    await this.#requireAnother(userId, (way) => way === `provider ${providerId}`)
    await this.external.unlink(providerId, userId, new Date())
    return {}
  }

  @Rpc(method.listCredentials)
  async listCredentials(_request: pb.ListCredentialsRequest, context: RpcContext) {
    const userId = requireUser(context)
    return {
      providerIds: this.external.of(userId).map(({ provider_id }) => provider_id),
      passkeys: this.passkeys.of(userId).map(({ credential_id, name, added_at }) => ({
        id: base64url(credential_id),
        name,
        addedAt: timestampFromMs(added_at),
      })),
    }
  }

  @Rpc(method.startPasskey)
  async startPasskey(_request: pb.StartPasskeyRequest, context: RpcContext) {
    return this.passkeys.start(requireUser(context), Date.now())
  }

  @Rpc(method.addPasskey)
  async addPasskey({ commandId, flow, responseJson, name }: pb.AddPasskeyRequest, context: RpcContext) {
    await this.passkeys.add(flow, responseJson, name, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.removePasskey)
  async removePasskey({ commandId, passkeyId }: pb.RemovePasskeyRequest, context: RpcContext) {
    const caller = callerOf(context, commandId || newId())
    if (this.passkeys.of(caller.userId).some(({ credential_id }) => base64url(credential_id) === passkeyId)) {
      await this.#requireAnother(caller.userId, (way) => way === `passkey ${passkeyId}`)
    }
    await this.passkeys.remove(passkeyId, caller)
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

  /** Something must remain to sign in with. Errors: LAST_SIGN_IN. */
  async #requireAnother(userId: string, goes: (way: string) => boolean): Promise<void> {
    const account = await this.accounts.get(userId)
    const ways = [
      ...(account.password_hash ? ['password'] : []),
      ...this.external.of(userId).map(({ provider_id }) => `provider ${provider_id}`),
      ...this.passkeys.of(userId).map(({ credential_id }) => `passkey ${base64url(credential_id)}`),
    ]
    if (ways.every(goes)) throw new Refusal(ErrorReason.LAST_SIGN_IN)
  }
}

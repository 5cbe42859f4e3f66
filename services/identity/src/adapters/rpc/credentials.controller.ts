import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { AccountQueries } from '../../application/accounts/account-queries.js'
import { Administration } from '../../application/administration/administration.js'
import { Administrators } from '../../application/administration/administrators.js'
import { Emails } from '../../application/email/emails.js'
import { ExternalIdentities } from '../../application/external/external-identities.js'
import { Passkeys } from '../../application/passkeys/passkeys.js'
import { Admissions } from '../../application/registration/admissions.js'
import { SecondFactors } from '../../application/second-factor/second-factors.js'
import { Sessions } from '../../application/sessions/sessions.js'
import { type SignedIn as SignedInAccount, SignIns } from '../../application/sign-in/sign-ins.js'
import { anonymous } from './anonymous.js'
import { meOf, passkeyOf, secondFactorOf, tokensOf } from './mapping.js'

const { method } = IdentityService
const NO_ANSWER = { flow: '', code: '', state: '', iss: '' }

/** Ways to sign in besides name and password: providers, passkeys, codes for a new password. */
@Controller()
export class CredentialsController {
  constructor(
    private readonly external: ExternalIdentities,
    private readonly passkeys: Passkeys,
    private readonly factors: SecondFactors,
    private readonly accounts: AccountQueries,
    private readonly sessions: Sessions,
    private readonly signIns: SignIns,
    private readonly administrators: Administrators,
    private readonly administration: Administration,
    private readonly admissions: Admissions,
    private readonly emails: Emails,
  ) {}

  @Rpc(method.listSignInWays)
  async listSignInWays() {
    return {
      providers: this.external.list().map((provider) => ({ ...provider })),
      passkeys: this.passkeys.available,
      registration: this.admissions.rule,
      founderWanted: this.admissions.founderWanted,
      mail: this.emails.available,
    }
  }

  @Rpc(method.startOidc)
  async startOidc({ providerId }: pb.StartOidcRequest) {
    return this.external.start(providerId, Date.now())
  }

  @Rpc(method.finishOidc)
  async finishOidc({ answer, device, locale, code }: pb.FinishOidcRequest) {
    const now = new Date()
    const proven = await this.external.signIn(answer ?? NO_ANSWER, { locale, code }, now)
    const opened = await this.signIns.open(proven, device, now)
    return 'challenge' in opened ? opened : this.#answer(opened)
  }

  @Rpc(method.linkOidc)
  async linkOidc({ answer, code }: pb.LinkOidcRequest, @SignedIn() user: SignedInUser) {
    await this.#requireProof(user, code)
    await this.external.link(answer ?? NO_ANSWER, user.userId, new Date())
    return {}
  }

  @Rpc(method.unlinkOidc)
  async unlinkOidc({ providerId }: pb.UnlinkOidcRequest, @SignedIn() user: SignedInUser) {
    await this.external.unlink(providerId, user.command())
    return {}
  }

  @Rpc(method.listCredentials)
  async listCredentials(_request: pb.ListCredentialsRequest, @SignedIn() { userId }: SignedInUser) {
    const secondFactor = secondFactorOf(await this.accounts.get(userId))
    return {
      ...(secondFactor ? { secondFactor } : {}),
      providerIds: this.external.of(userId).map(({ providerId }) => providerId),
      passkeys: this.passkeys.of(userId).map(passkeyOf),
    }
  }

  @Rpc(method.startPasskey)
  async startPasskey({ code }: pb.StartPasskeyRequest, @SignedIn() user: SignedInUser) {
    await this.#requireProof(user, code)
    return this.passkeys.start(user.userId, Date.now())
  }

  @Rpc(method.addPasskey)
  async addPasskey({ commandId, flow, responseJson, name }: pb.AddPasskeyRequest, @SignedIn() user: SignedInUser) {
    await this.passkeys.add(flow, responseJson, name, user.command(commandId))
    return {}
  }

  @Rpc(method.removePasskey)
  async removePasskey({ commandId, passkeyId: id }: pb.RemovePasskeyRequest, @SignedIn() user: SignedInUser) {
    await this.passkeys.remove(id, user.command(commandId))
    return {}
  }

  @Rpc(method.startPasskeySignIn)
  async startPasskeySignIn() {
    return this.passkeys.startSignIn(Date.now())
  }

  @Rpc(method.finishPasskeySignIn)
  async finishPasskeySignIn({ flow, responseJson, device }: pb.FinishPasskeySignInRequest) {
    const now = new Date()
    const proven = await this.passkeys.signIn(flow, responseJson, now)
    return this.#answer(await this.signIns.openByPasskey(proven, device, now))
  }

  @Rpc(method.resetPassword)
  async resetPassword({ code, newPassword }: pb.ResetPasswordRequest, @Context() context: RpcContext) {
    return { username: (await this.administration.resetPassword(code, newPassword, anonymous(context))).username }
  }

  #answer({ account, tokens }: SignedInAccount) {
    return { me: meOf(account, this.administrators), tokens: tokensOf(tokens) }
  }

  /**
   * A new way to sign in stays, so a device that was left open must not be enough to add one. Errors: SIGN_IN_AGAIN, and those of the second
   * factor.
   */
  async #requireProof(user: SignedInUser, code: string): Promise<void> {
    const { userId, sessionId } = user
    const isFresh = await this.sessions.isFresh(userId, sessionId, Date.now())
    if (!isFresh) throw new Refusal(ErrorReason.SIGN_IN_AGAIN)
    await this.factors.confirmOwn(code, user.command(), sessionId)
  }
}

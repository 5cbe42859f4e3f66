import { networkOf } from '@beseda/platform'
import type * as pb from '@beseda/proto/identity/v1/second_factor_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Administration } from '../../application/administration/administration.js'
import { Administrators } from '../../application/administration/administrators.js'
import { SecondFactors } from '../../application/second-factor/second-factors.js'
import { Sessions } from '../../application/sessions/sessions.js'
import { Passwords } from '../../application/sign-in/passwords.js'
import { SignIns } from '../../application/sign-in/sign-ins.js'
import { IdentityEvents } from '../../events.js'
import { meOf, tokensOf } from './mapping.js'

const { method } = SecondFactorService

/** The second step of a sign-in, and the second factor of one's own account, each change of which asks for the password again. */
@Controller()
export class SecondFactorController {
  constructor(
    private readonly factors: SecondFactors,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly signIns: SignIns,
    private readonly administrators: Administrators,
    private readonly administration: Administration,
    private readonly events: IdentityEvents,
  ) {}

  @Rpc(method.finishSignIn)
  async finishSignIn({ challenge, code }: pb.FinishSignInRequest, @Context() { address }: RpcContext) {
    const { account, tokens } = await this.signIns
      .finish(challenge, code, networkOf(address ?? ''), new Date())
      .catch((error: unknown) => {
        this.events.signInRefused()
        throw error
      })
    return { me: meOf(account, this.administrators), tokens: tokensOf(tokens) }
  }

  @Rpc(method.startSecondFactor)
  async startSecondFactor({ password }: pb.StartSecondFactorRequest, @SignedIn() user: SignedInUser) {
    return this.factors.start(user.command(), this.#proofOf(user, password))
  }

  /** Signs the other devices out: somebody may have signed in there with the password alone. */
  @Rpc(method.addSecondFactor)
  async addSecondFactor({ commandId, flow, code }: pb.AddSecondFactorRequest, @SignedIn() user: SignedInUser) {
    const recoveryCodes = await this.factors.add(flow, code, user.command(commandId))
    await this.sessions.endAll(user.userId, (id) => id !== user.sessionId)
    return { recoveryCodes: [...recoveryCodes] }
  }

  @Rpc(method.removeSecondFactor)
  async removeSecondFactor(request: pb.RemoveSecondFactorRequest, @SignedIn() user: SignedInUser) {
    const { commandId, password, code } = request
    await this.factors.remove(code, user.command(commandId), this.#proofOf(user, password), user.sessionId)
    return {}
  }

  @Rpc(method.replaceRecoveryCodes)
  async replaceRecoveryCodes(request: pb.ReplaceRecoveryCodesRequest, @SignedIn() user: SignedInUser) {
    const { commandId, password, code } = request
    const prove = this.#proofOf(user, password)
    return {
      recoveryCodes: [...(await this.factors.replaceCodes(code, user.command(commandId), prove, user.sessionId))],
    }
  }

  @Rpc(method.takeSecondFactor)
  async takeSecondFactor({ commandId, userId }: pb.TakeSecondFactorRequest, @SignedIn() user: SignedInUser) {
    await this.administration.takeSecondFactor(userId, user.command(commandId))
    return {}
  }

  /** The password or, for an account without one, a recent sign-in. */
  #proofOf({ userId, sessionId }: SignedInUser, password: string) {
    const isFresh = () => this.sessions.isFresh(userId, sessionId, Date.now())
    return () => this.passwords.requireProof(userId, password, new Date(), isFresh, sessionId)
  }
}

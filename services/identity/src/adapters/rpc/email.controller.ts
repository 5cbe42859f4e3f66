import { LetterKind } from '@beseda/proto/mail/v1/letter'
import type * as pb from '@beseda/proto/mail/v1/mail_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { AccountQueries } from '../../application/accounts/account-queries.js'
import { Emails } from '../../application/email/emails.js'
import { Invitations } from '../../application/email/invitations.js'
import { Letters } from '../../application/email/letters.js'
import { SecondFactors } from '../../application/second-factor/second-factors.js'
import { Sessions } from '../../application/sessions/sessions.js'
import { Passwords } from '../../application/sign-in/passwords.js'
import { anonymous } from './anonymous.js'

const { method } = MailService

/** Mail addresses, and the letters that are sent to them. */
@Controller()
export class EmailController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly emails: Emails,
    private readonly letters: Letters,
    private readonly passwords: Passwords,
    private readonly factors: SecondFactors,
    private readonly sessions: Sessions,
    private readonly invitations: Invitations,
  ) {}

  @Rpc(method.getEmail)
  async getEmail(_request: pb.GetEmailRequest, @SignedIn() { userId }: SignedInUser) {
    const { email, unconfirmed } = await this.accounts.get(userId)
    const now = Date.now()
    const waits = unconfirmed && unconfirmed.until > now
    return { available: this.emails.available, address: email, unconfirmed: waits ? unconfirmed.address : '' }
  }

  @Rpc(method.setEmail)
  async setEmail({ commandId, address, password, code }: pb.SetEmailRequest, @SignedIn() user: SignedInUser) {
    const caller = user.command(commandId)
    const isFresh = () => this.sessions.isFresh(user.userId, user.sessionId, Date.now())
    const prove = async () => {
      await this.passwords.requireProof(user.userId, password, caller.now, isFresh, user.sessionId)
      return this.factors.confirmOwn(code, caller, user.sessionId)
    }
    if (address === '') await this.emails.remove(caller, prove)
    else await this.emails.set(address, caller, prove)
    return {}
  }

  @Rpc(method.confirmEmail)
  async confirmEmail({ code }: pb.ConfirmEmailRequest, @Context() context: RpcContext) {
    return { address: await this.emails.confirm(code, anonymous(context)) }
  }

  @Rpc(method.requestPasswordReset)
  async requestPasswordReset({ address }: pb.RequestPasswordResetRequest) {
    await this.letters.requestReset(address, new Date())
    return {}
  }

  @Rpc(method.sendInvite)
  async sendInvite({ commandId, code, address }: pb.SendInviteRequest, @SignedIn() user: SignedInUser) {
    await this.invitations.send(code, address, user.command(commandId))
    return {}
  }

  @Rpc(method.prepareLetter)
  async prepareLetter({ letter }: pb.PrepareLetterRequest) {
    if (letter?.kind === LetterKind.INVITATION) return (await this.invitations.prepare(letter, new Date())) ?? {}
    const prepared = letter && (await this.letters.prepare(letter, new Date()))
    if (!prepared) return {}
    const { address, code, account, deviceName = '' } = prepared
    const { displayName, username, locale, timeZone } = account
    return { address, code, displayName, username, locale, timeZone, deviceName }
  }

  @Rpc(method.listReachable)
  async listReachable({ userIds }: pb.ListReachableRequest) {
    const accounts = await this.letters.reachable(userIds)
    return { people: accounts.map(({ userId, timeZone }) => ({ userId, timeZone })) }
  }
}

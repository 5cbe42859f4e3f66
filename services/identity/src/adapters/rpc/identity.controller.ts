import { Refusal } from '@beseda/kernel'
import { networkOf, TokenSigner } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { AccountCommands, type Condition } from '../../application/accounts/account-commands.js'
import { AccountQueries } from '../../application/accounts/account-queries.js'
import { type AccountRecord, DirectorySearch } from '../../application/accounts/ports.js'
import { Registration } from '../../application/accounts/registration.js'
import { Administrators } from '../../application/administration/administrators.js'
import { Blocks } from '../../application/blocks/blocks.js'
import { SecondFactors } from '../../application/second-factor/second-factors.js'
import { Sessions } from '../../application/sessions/sessions.js'
import { DeviceProofs } from '../../application/sign-in/device-proofs.js'
import { Passwords } from '../../application/sign-in/passwords.js'
import { byPassword, type SignedIn as SignedInAccount, SignIns } from '../../application/sign-in/sign-ins.js'
import { IdentityEvents } from '../../events.js'
import { anonymous } from './anonymous.js'
import { meOf, sessionsOf, tokensOf, userOf } from './mapping.js'

const { method } = IdentityService
const DEFAULT_SEARCH = 20

/** Accounts, sign-in with a password, sessions and the directory of people. */
@Controller()
export class IdentityController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly commands: AccountCommands,
    private readonly registration: Registration,
    private readonly passwords: Passwords,
    private readonly factors: SecondFactors,
    private readonly sessions: Sessions,
    private readonly signIns: SignIns,
    private readonly administrators: Administrators,
    private readonly directory: DirectorySearch,
    private readonly blocks: Blocks,
    private readonly proofs: DeviceProofs,
    private readonly signer: TokenSigner,
    private readonly events: IdentityEvents,
  ) {}

  @Rpc(method.register)
  async register(request: pb.RegisterRequest, @Context() context: RpcContext) {
    const caller = anonymous(context, request.commandId)
    const account = await this.registration.register(request, caller)
    const opened = await this.signIns.open(byPassword(account), request.device, caller.now)
    // A repeat, long after the first: whoever knows the password signs in like everybody else.
    if ('challenge' in opened) throw new Refusal(ErrorReason.SECOND_FACTOR_REQUIRED)
    return this.#answer(opened)
  }

  @Rpc(method.signIn)
  async signIn({ username, password, device, deviceProofs }: pb.SignInRequest, @Context() { address }: RpcContext) {
    const deviceId = device?.id ?? ''
    const isKnown = (userId: string) => this.proofs.isKnown(deviceProofs, userId, deviceId)
    const guesserOf = (userId: string) =>
      isKnown(userId) ? { known: deviceId } : { network: networkOf(address ?? '') }
    const account = await this.passwords
      .authenticate(username, password, new Date(), guesserOf)
      .catch((error: unknown) => {
        this.events.signInRefused()
        throw error
      })
    const opened = await this.signIns.open(byPassword(account), device, new Date(), isKnown(account.userId))
    return 'challenge' in opened ? opened : this.#answer(opened)
  }

  @Rpc(method.refreshToken)
  async refreshToken({ refreshToken }: pb.RefreshTokenRequest) {
    const isShut = (userId: string) => this.accounts.isShut(userId)
    return { tokens: tokensOf(await this.sessions.refresh(refreshToken, new Date(), isShut)) }
  }

  @Rpc(method.signOut)
  async signOut(_request: pb.SignOutRequest, @SignedIn() { userId, sessionId }: SignedInUser) {
    await this.sessions.end(userId, sessionId ? [sessionId] : [])
    return {}
  }

  @Rpc(method.getMe)
  async getMe(_request: pb.GetMeRequest, @SignedIn() { userId }: SignedInUser) {
    return { me: this.#me(await this.accounts.get(userId)) }
  }

  @Rpc(method.updateProfile)
  async updateProfile(request: pb.UpdateProfileRequest, @SignedIn() user: SignedInUser) {
    const { displayName, statusText, locale, timeZone, avatarFileId } = request
    const statusUntil = request.statusUntil && timestampMs(request.statusUntil)
    const wanted = Object.entries({ displayName, statusText, statusUntil, locale, timeZone, avatarFileId }).filter(
      ([, value]) => value !== undefined,
    )
    const command = { type: 'ChangeProfile' as const, ...Object.fromEntries(wanted) }
    return { me: this.#me(await this.commands.changeProfile(command, user.command(request.commandId))) }
  }

  /** Signs the other devices out. */
  @Rpc(method.changePassword)
  async changePassword(request: pb.ChangePasswordRequest, @SignedIn() user: SignedInUser) {
    const { currentPassword, newPassword, code } = request
    const [caller, prove] = [user.command(), () => this.#prove(user, currentPassword)]
    await this.passwords.change(newPassword, caller, prove, () => this.factors.confirmOwn(code, caller, user.sessionId))
    await this.sessions.endAll(user.userId, (id) => id !== user.sessionId)
    return {}
  }

  @Rpc(method.listSessions)
  async listSessions(_request: pb.ListSessionsRequest, @SignedIn() { userId, sessionId }: SignedInUser) {
    return { sessions: sessionsOf(await this.sessions.list(userId), sessionId) }
  }

  @Rpc(method.revokeSession)
  async revokeSession({ sessionId }: pb.RevokeSessionRequest, @SignedIn() { userId }: SignedInUser) {
    await this.sessions.endOne(userId, sessionId)
    return {}
  }

  @Rpc(method.searchUsers)
  async searchUsers({ query, limit }: pb.SearchUsersRequest, @Context() { signal }: RpcContext) {
    return { users: (await this.directory.search(query, limit || DEFAULT_SEARCH, signal)).map(userOf) }
  }

  @Rpc(method.getUsers)
  async getUsers({ userIds }: pb.GetUsersRequest) {
    const users = (await this.accounts.findMany(userIds)).map(userOf)
    const deleted = userIds.filter((userId) => this.accounts.wasDeleted(userId))
    return { users: [...users, ...deleted.map((id) => ({ id, deleted: true }))] }
  }

  @Rpc(method.findDisabled)
  async findDisabled({ userIds }: pb.FindDisabledRequest) {
    await this.accounts.catchUpOn(userIds)
    const accounts = await this.accounts.findMany(userIds)
    return { userIds: accounts.flatMap(({ userId, disabled }) => (disabled ? [userId] : [])) }
  }

  @Rpc(method.deleteAccount)
  async deleteAccount({ commandId, password, code }: pb.DeleteAccountRequest, @SignedIn() user: SignedInUser) {
    const caller = user.command(commandId)
    const command = { type: 'Delete' } as const
    let condition: Condition = {}
    const prove = async () => {
      await this.#prove(user, password)
      condition = await this.factors.confirmOwn(code, caller, user.sessionId)
    }
    if (await this.commands.wasDone(user.userId, command, caller, prove)) return {}
    if (await this.commands.run(user.userId, command, caller, condition)) this.events.deleted(user.userId)
    return {}
  }

  @Rpc(method.setBlocked)
  async setBlocked({ commandId, userId, blocked }: pb.SetBlockedRequest, @SignedIn() user: SignedInUser) {
    await this.blocks.set(userId, blocked, user.command(commandId))
    return {}
  }

  @Rpc(method.listBlocked)
  async listBlocked(_request: pb.ListBlockedRequest, @SignedIn() { userId }: SignedInUser) {
    return { userIds: [...this.blocks.list(userId)] }
  }

  @Rpc(method.eraseAccount)
  async eraseAccount({ commandId, username }: pb.EraseAccountRequest, @Context() context: RpcContext) {
    const { userId, isNew } = await this.commands.erase(username, anonymous(context, commandId))
    if (isNew) this.events.deleted(userId)
    return { userId }
  }

  @Rpc(method.getSigningKeys)
  async getSigningKeys() {
    return { jwks: JSON.stringify(this.signer.jwks) }
  }

  #answer({ account, tokens }: SignedInAccount) {
    return { me: this.#me(account), tokens: tokensOf(tokens) }
  }

  #me(account: AccountRecord) {
    return meOf(account, this.administrators)
  }

  /** The password or, for an account without one, a recent sign-in. */
  #prove({ userId, sessionId }: SignedInUser, password: string): Promise<void> {
    const isFresh = () => this.sessions.isFresh(userId, sessionId, Date.now())
    return this.passwords.requireProof(userId, password, new Date(), isFresh, sessionId)
  }
}

import { newId, Refusal } from '@beseda/kernel'
import { TokenSigner } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Accounts, type Caller } from './application/accounts.js'
import { Administration } from './application/administration.js'
import { Blocks } from './application/blocks.js'
import { Bots } from './application/bots.js'
import { Sessions } from './application/sessions.js'
import { SignIns, sessionsOf, tokensOf, userOf } from './application/sign-ins.js'
import { IdentityEvents } from './events.js'
import { Directory } from './projections/directory-search.js'
import { type AccountRow, scopesOf } from './projections/queries.js'

const { method } = IdentityService
const DEFAULT_SEARCH = 20

/** The contract's IdentityService: from messages to the application and back. */
@Controller()
export class IdentityController {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly directory: Directory,
    private readonly bots: Bots,
    private readonly blocks: Blocks,
    private readonly signIns: SignIns,
    private readonly signer: TokenSigner,
    private readonly events: IdentityEvents,
    private readonly administration: Administration,
  ) {}

  @Rpc(method.register)
  async register(request: pb.RegisterRequest, context: RpcContext) {
    const given = callerOf(context, request.commandId)
    const account = await this.accounts.register(request, given)
    this.events.registered(account.user_id)
    return this.signIns.open(account, request.device, given.now)
  }

  @Rpc(method.signIn)
  async signIn({ username, password, device }: pb.SignInRequest, _context: RpcContext) {
    const account = await this.accounts.authenticate(username, password, new Date()).catch((error: unknown) => {
      this.events.signInRefused()
      throw error
    })
    return this.signIns.open(account, device, new Date())
  }

  @Rpc(method.refreshToken)
  async refreshToken({ refreshToken }: pb.RefreshTokenRequest, _context: RpcContext) {
    const isShut = (userId: string) => this.accounts.isShut(userId)
    return { tokens: tokensOf(await this.sessions.refresh(refreshToken, new Date(), isShut)) }
  }

  @Rpc(method.signOut)
  async signOut(_request: pb.SignOutRequest, context: RpcContext) {
    await this.sessions.end(requireUser(context), context.sessionId ? [context.sessionId] : [])
    return {}
  }

  @Rpc(method.getMe)
  async getMe(_request: pb.GetMeRequest, context: RpcContext) {
    return { me: this.signIns.me(await this.accounts.get(requireUser(context))) }
  }

  @Rpc(method.updateProfile)
  async updateProfile(request: pb.UpdateProfileRequest, context: RpcContext) {
    const { displayName, statusText, locale, timeZone, avatarFileId } = request
    const wanted = Object.entries({ displayName, statusText, locale, timeZone, avatarFileId }).filter(
      ([, value]) => value !== undefined,
    )
    const command = { type: 'ChangeProfile' as const, ...Object.fromEntries(wanted) }
    return { me: this.signIns.me(await this.accounts.changeProfile(command, signedIn(context, request.commandId))) }
  }

  @Rpc(method.changePassword)
  async changePassword({ currentPassword, newPassword }: pb.ChangePasswordRequest, context: RpcContext) {
    const caller = signedIn(context, newId())
    await this.accounts.changePassword(currentPassword, newPassword, caller, () => this.#isFresh(context))
    const others = [...(await this.sessions.list(caller.userId)).keys()].filter((id) => id !== context.sessionId)
    await this.sessions.end(caller.userId, others)
    return {}
  }

  @Rpc(method.listSessions)
  async listSessions(_request: pb.ListSessionsRequest, context: RpcContext) {
    return { sessions: sessionsOf(await this.sessions.list(requireUser(context)), context.sessionId) }
  }

  @Rpc(method.revokeSession)
  async revokeSession({ sessionId }: pb.RevokeSessionRequest, context: RpcContext) {
    const userId = requireUser(context)
    if (!(await this.sessions.list(userId)).has(sessionId)) throw new Refusal(ErrorReason.SESSION_NOT_FOUND)
    await this.sessions.end(userId, [sessionId])
    return {}
  }

  @Rpc(method.searchUsers)
  async searchUsers({ query, limit }: pb.SearchUsersRequest, _context: RpcContext) {
    return { users: this.directory.search(query, limit || DEFAULT_SEARCH).map(userOf) }
  }

  @Rpc(method.getUsers)
  async getUsers({ userIds }: pb.GetUsersRequest, _context: RpcContext) {
    const users = (await this.accounts.findMany(userIds)).map(userOf)
    const gone = userIds.filter((userId) => this.accounts.wasDeleted(userId))
    return { users: [...users, ...gone.map((id) => ({ id, deleted: true }))] }
  }

  @Rpc(method.deleteAccount)
  async deleteAccount({ commandId, password }: pb.DeleteAccountRequest, context: RpcContext) {
    const caller = signedIn(context, commandId)
    await this.accounts.delete(password, caller, () => this.#isFresh(context))
    this.events.deleted(caller.userId)
    return {}
  }

  @Rpc(method.setBlocked)
  async setBlocked({ commandId, userId, blocked }: pb.SetBlockedRequest, context: RpcContext) {
    await this.blocks.set(userId, blocked, signedIn(context, commandId))
    return {}
  }

  @Rpc(method.listBlocked)
  async listBlocked(_request: pb.ListBlockedRequest, context: RpcContext) {
    return { userIds: this.blocks.list(requireUser(context)) }
  }

  @Rpc(method.createBot)
  async createBot({ commandId, username, displayName, scopes }: pb.CreateBotRequest, context: RpcContext) {
    const { account, token } = await this.bots.create({ username, displayName, scopes }, signedIn(context, commandId))
    return { bot: botOf(account), token }
  }

  @Rpc(method.listBots)
  async listBots(_request: pb.ListBotsRequest, context: RpcContext) {
    return { bots: this.bots.list(requireUser(context)).map(botOf) }
  }

  @Rpc(method.replaceBotToken)
  async replaceBotToken({ commandId, botId }: pb.ReplaceBotTokenRequest, context: RpcContext) {
    return { token: await this.bots.replaceToken(botId, signedIn(context, commandId)) }
  }

  @Rpc(method.deleteBot)
  async deleteBot({ commandId, botId }: pb.DeleteBotRequest, context: RpcContext) {
    await this.bots.delete(botId, signedIn(context, commandId))
    return {}
  }

  @Rpc(method.authenticateBot)
  async authenticateBot({ token }: pb.AuthenticateBotRequest, _context: RpcContext) {
    const { bot, sessionId } = this.bots.authenticate(token)
    return { userId: bot.user_id, scopes: scopesOf(bot), sessionId }
  }

  @Rpc(method.findEndedSessions)
  async findEndedSessions({ sessions, onlyRevoked }: pb.FindEndedSessionsRequest, _context: RpcContext) {
    if (!onlyRevoked) return { ended: await this.sessions.ended(sessions) }
    return { ended: [...(await this.sessions.revoked(sessions)), ...this.bots.ended(sessions)] }
  }

  @Rpc(method.eraseAccount)
  async eraseAccount({ commandId, username }: pb.EraseAccountRequest, context: RpcContext) {
    const userId = await this.accounts.erase(username, callerOf(context, commandId))
    this.events.deleted(userId)
    return { userId }
  }

  @Rpc(method.resetPassword)
  async resetPassword({ code, newPassword }: pb.ResetPasswordRequest, context: RpcContext) {
    const caller = { commandId: newId(), now: new Date(), signal: context.signal }
    return { username: (await this.administration.resetPassword(code, newPassword, caller)).username }
  }

  @Rpc(method.getSigningKeys)
  async getSigningKeys(_request: pb.GetSigningKeysRequest, _context: RpcContext) {
    return { jwks: JSON.stringify(this.signer.jwks) }
  }

  #isFresh(context: RpcContext): Promise<boolean> {
    return this.sessions.isFresh(requireUser(context), context.sessionId, Date.now())
  }
}

const callerOf = ({ signal }: RpcContext, commandId: string) => ({ commandId, now: new Date(), signal })
const signedIn = (context: RpcContext, commandId: string): Caller => ({
  ...callerOf(context, commandId),
  userId: requireUser(context),
})

const botOf = (row: AccountRow) => ({ user: userOf(row), scopes: scopesOf(row) })

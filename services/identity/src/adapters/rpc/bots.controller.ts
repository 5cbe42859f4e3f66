import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Bots } from '../../application/bots/bots.js'
import { Sessions } from '../../application/sessions/sessions.js'
import { botOf } from './mapping.js'

const { method } = IdentityService

/** Bots of people, and what gateways ask about tokens and sessions. */
@Controller()
export class BotsController {
  constructor(
    private readonly bots: Bots,
    private readonly sessions: Sessions,
  ) {}

  @Rpc(method.createBot)
  async createBot({ commandId, username, displayName, scopes }: pb.CreateBotRequest, @SignedIn() user: SignedInUser) {
    const { bot, token } = await this.bots.create({ username, displayName, scopes }, user.command(commandId))
    return { bot: botOf(bot), token }
  }

  @Rpc(method.listBots)
  async listBots(_request: pb.ListBotsRequest, @SignedIn() { userId }: SignedInUser) {
    return { bots: this.bots.list(userId).map(botOf) }
  }

  @Rpc(method.replaceBotToken)
  async replaceBotToken({ commandId, botId }: pb.ReplaceBotTokenRequest, @SignedIn() user: SignedInUser) {
    return { token: await this.bots.replaceToken(botId, user.command(commandId)) }
  }

  @Rpc(method.deleteBot)
  async deleteBot({ commandId, botId }: pb.DeleteBotRequest, @SignedIn() user: SignedInUser) {
    await this.bots.delete(botId, user.command(commandId))
    return {}
  }

  @Rpc(method.authenticateBot)
  async authenticateBot({ token }: pb.AuthenticateBotRequest) {
    const { bot, sessionId } = await this.bots.authenticate(token)
    return { userId: bot.userId, scopes: [...bot.scopes], sessionId }
  }

  @Rpc(method.findEndedSessions)
  async findEndedSessions({ sessions, onlyRevoked }: pb.FindEndedSessionsRequest) {
    if (!onlyRevoked) return { ended: await this.sessions.ended(sessions) }
    return { ended: [...(await this.sessions.revoked(sessions)), ...this.bots.ended(sessions)] }
  }

  @Rpc(method.listEndedSessions)
  async listEndedSessions({ cursor }: pb.ListEndedSessionsRequest) {
    const page = await this.sessions.endedSince(Number(cursor), new Date())
    return { ended: [...page.ended], cursor: BigInt(page.cursor), hasMore: page.hasMore }
  }
}

import { createHash } from 'node:crypto'
import type { Projection } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { BOT_TOKEN_PREFIX } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'
import { type AccountRow, accountById, botByToken, botsOf } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'

/** Bots of one person. */
const MAX_BOTS = 20

/** Accounts without a password that act for programs. Tokens are keyed hashes of the command that asked for them. */
export class Bots {
  constructor(
    private readonly accounts: Accounts,
    private readonly projection: Pick<Projection, 'view'>,
    private readonly secret: InstallationSecret,
  ) {}

  /** The bot's id is its command's. Errors: USERNAME_TAKEN, TOO_MANY. */
  async create(
    bot: { readonly username: string; readonly displayName: string; readonly scopes: readonly Scope[] },
    caller: Caller,
  ): Promise<{ account: AccountRow; token: string }> {
    const { commandId, userId: ownerId } = caller
    const mine = this.list(ownerId).filter(({ user_id }) => user_id !== commandId)
    if (mine.length >= MAX_BOTS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_BOTS) })
    const token = this.#token(commandId, commandId)
    const existing = accountById(this.projection.view, commandId)
    if (existing?.owner_id === ownerId) return { account: existing, token }
    const command = { type: 'CreateBot', ...bot, ownerId, tokenHash: hashOf(token) } as const
    return { account: await this.accounts.open(command, { ...caller, userId: commandId }), token }
  }

  list(ownerId: string): AccountRow[] {
    return botsOf(this.projection.view, ownerId)
  }

  async replaceToken(botId: string, caller: Caller): Promise<string> {
    this.#require(botId, caller.userId)
    const token = this.#token(botId, caller.commandId)
    await this.accounts.run({ type: 'ReplaceBotToken', tokenHash: hashOf(token) }, { ...caller, userId: botId })
    return token
  }

  async delete(botId: string, caller: Caller): Promise<void> {
    this.#require(botId, caller.userId)
    await this.accounts.run({ type: 'Delete' }, { ...caller, userId: botId })
  }

  /** Errors: UNAUTHENTICATED. */
  authenticate(token: string): AccountRow {
    const bot = botByToken(this.projection.view, hashOf(token))
    const owner = bot && accountById(this.projection.view, bot.owner_id)
    if (!bot || bot.disabled || owner?.disabled) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    return bot
  }

  #require(botId: string, ownerId: string): void {
    if (accountById(this.projection.view, botId)?.owner_id !== ownerId) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  }

  #token(botId: string, commandId: string): string {
    const secret = this.secret.hash('bot token', `${botId} ${commandId}`).subarray(0, 32)
    return `${BOT_TOKEN_PREFIX}${secret.toString('base64url')}`
  }
}

const hashOf = (token: string): Uint8Array => createHash('sha256').update(token).digest()

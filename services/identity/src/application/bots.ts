import { createHash } from 'node:crypto'
import type { Projection } from '@beseda/event-log'
import { formatUuid, Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { BOT_TOKEN_PREFIX } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'
import type { SessionKey } from '../adapters/sessions.js'
import { type AccountRow, accountById, botByToken, botsOf, isDeletedAccount } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'
import type { Sessions } from './sessions.js'

/** Bots of one person. */
const MAX_BOTS = 20

/** Accounts without a password that act for programs. Tokens are keyed hashes of the command that asked for them. */
export class Bots {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Pick<Sessions, 'end'>,
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
    const before = this.#require(botId, caller.userId)
    const token = this.#token(botId, caller.commandId)
    await this.accounts.run({ type: 'ReplaceBotToken', tokenHash: hashOf(token) }, { ...caller, userId: botId })
    const ended = sessionOf(before)
    // Asked again, the answer is the token that counts already.
    if (ended !== sessionIdOf(hashOf(token))) await this.sessions.end(botId, [ended])
    return token
  }

  async delete(botId: string, caller: Caller): Promise<void> {
    const bot = this.#require(botId, caller.userId)
    await this.accounts.run({ type: 'Delete' }, { ...caller, userId: botId })
    await this.sessions.end(botId, [sessionOf(bot)])
  }

  /** Errors: UNAUTHENTICATED. */
  authenticate(token: string): { readonly bot: AccountRow; readonly sessionId: string } {
    const bot = botByToken(this.projection.view, hashOf(token))
    if (!bot || !this.#isLetIn(bot)) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    return { bot, sessionId: sessionOf(bot) }
  }

  /** Those of these sessions that are of a token which counts no more, or of somebody who is no more. */
  ended<Key extends SessionKey>(keys: readonly Key[]): Key[] {
    const { view } = this.projection
    return keys.filter(({ userId, sessionId }) => {
      const account = accountById(view, userId)
      if (!account) return isDeletedAccount(view, userId)
      return account.owner_id !== '' && (sessionOf(account) !== sessionId || !this.#isLetIn(account))
    })
  }

  /** Neither the bot nor its person was shut out. */
  #isLetIn(bot: AccountRow): boolean {
    return bot.disabled === 0 && accountById(this.projection.view, bot.owner_id)?.disabled !== 1
  }

  #require(botId: string, ownerId: string): AccountRow {
    const bot = accountById(this.projection.view, botId)
    if (bot?.owner_id !== ownerId) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return bot
  }

  #token(botId: string, commandId: string): string {
    const secret = this.secret.hash('bot token', `${botId} ${commandId}`).subarray(0, 32)
    return `${BOT_TOKEN_PREFIX}${secret.toString('base64url')}`
  }
}

const hashOf = (token: string): Uint8Array => createHash('sha256').update(token).digest()

/** A token is a session for as long as it counts: connections by it end with it. */
const sessionIdOf = (tokenHash: Uint8Array): string => formatUuid(tokenHash)
const sessionOf = ({ token_hash }: AccountRow): string => sessionIdOf(token_hash ?? new Uint8Array())

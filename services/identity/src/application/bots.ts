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
import type { CommandKeys } from './command-keys.js'
import type { Sessions } from './sessions.js'

/** Bots of one person. */
const MAX_BOTS = 20

/**
 * Accounts without a password that act for programs. A token is a keyed hash of the owner, the bot and the command that asked for it:
 * nothing secret is stored, and only the owner's own repeat of that command gives it again, as long as it is the token that counts.
 */
export class Bots {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Pick<Sessions, 'end'>,
    private readonly projection: Pick<Projection, 'view'>,
    private readonly keys: CommandKeys,
    private readonly secret: InstallationSecret,
  ) {}

  /** Errors: USERNAME_TAKEN, TOO_MANY, COMMAND_ID_REUSED. */
  async create(
    bot: { readonly username: string; readonly displayName: string; readonly scopes: readonly Scope[] },
    caller: Caller,
  ): Promise<{ account: AccountRow; token: string }> {
    const { commandId, userId: ownerId } = caller
    const botId = this.keys.entityId('bot', ownerId, commandId)
    const token = this.#token(botId, caller)
    const command = { type: 'CreateBot', ...bot, ownerId, tokenHash: hashOf(token) } as const
    const asBot = { ...caller, userId: botId, actorId: ownerId }
    const existing = await this.accounts.find(botId)
    if (existing || this.accounts.wasDeleted(botId)) {
      if (this.accounts.findResult(command, asBot) === undefined) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      return { account: this.#requireCounting(botId, token), token }
    }
    if (this.list(ownerId).length >= MAX_BOTS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_BOTS) })
    await this.accounts.open(command, asBot)
    return { account: this.#requireCounting(botId, token), token }
  }

  list(ownerId: string): AccountRow[] {
    return botsOf(this.projection.view, ownerId)
  }

  /** Errors: USER_NOT_FOUND, COMMAND_ID_REUSED. */
  async replaceToken(botId: string, caller: Caller): Promise<string> {
    const before = this.#require(botId, caller.userId)
    const token = this.#token(botId, caller)
    const command = { type: 'ReplaceBotToken', tokenHash: hashOf(token) } as const
    await this.accounts.run(command, { ...caller, userId: botId, actorId: caller.userId })
    this.#requireCounting(botId, token)
    const ended = sessionOf(before)
    // Asked again, the answer is the token that counts already.
    if (ended !== sessionIdOf(hashOf(token))) await this.sessions.end(botId, [ended])
    return token
  }

  async delete(botId: string, caller: Caller): Promise<void> {
    const bot = this.#require(botId, caller.userId)
    await this.accounts.run({ type: 'Delete' }, { ...caller, userId: botId, actorId: caller.userId })
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

  /** A token that does not count any more is not given out. Errors: COMMAND_ID_REUSED. */
  #requireCounting(botId: string, token: string): AccountRow {
    const bot = accountById(this.projection.view, botId)
    if (!bot?.token_hash || !hashOf(token).equals(bot.token_hash)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return bot
  }

  #token(botId: string, { userId: ownerId, commandId }: Caller): string {
    const secret = this.secret.hash('token of bot', JSON.stringify([ownerId, botId, commandId]))
    return `${BOT_TOKEN_PREFIX}${secret.toString('base64url')}`
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A token is a session for as long as it counts: connections by it end with it. */
const sessionIdOf = (tokenHash: Uint8Array): string => formatUuid(tokenHash)
const sessionOf = ({ token_hash }: AccountRow): string => sessionIdOf(token_hash ?? new Uint8Array())

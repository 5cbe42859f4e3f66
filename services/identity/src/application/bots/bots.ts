import { createHash } from 'node:crypto'
import type { SerialQueue } from '@beseda/async'
import { formatUuid, Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { BOT_TOKEN_PREFIX } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { CommandKeys } from '../accounts/command-keys.js'
import type { AccountReader, AccountRecord } from '../accounts/ports.js'
import type { Registration } from '../accounts/registration.js'
import type { SessionKey } from '../sessions/ports.js'
import type { Sessions } from '../sessions/sessions.js'

export interface NewBot {
  readonly username: string
  readonly displayName: string
  readonly scopes: readonly Scope[]
}

export interface BotWithToken {
  readonly bot: AccountRecord
  readonly token: string
}

/**
 * Accounts without a password that act for programs. A token is a keyed hash of the owner, the bot and the command that asked for it:
 * nothing secret is stored, and only the owner's own repeat of that command gives it again, as long as it is the bot's newest token.
 */
export class Bots {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly reader: Pick<AccountReader, 'byId' | 'botsOf' | 'botByToken'>,
    private readonly commands: AccountCommands,
    private readonly registration: Pick<Registration, 'open'>,
    private readonly sessions: Pick<Sessions, 'end'>,
    private readonly keys: CommandKeys,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
    private readonly queue: SerialQueue,
  ) {}

  /** Errors: USERNAME_TAKEN, TOO_MANY, COMMAND_ID_REUSED. */
  async create(bot: NewBot, caller: Caller): Promise<BotWithToken> {
    const { commandId, userId: ownerId } = caller
    const botId = this.keys.entityId('bot', ownerId, commandId)
    const token = this.#token(botId, caller)
    const command = { type: 'CreateBot', ...bot, ownerId, tokenHash: hashOf(token) } as const
    const isThere = (await this.accounts.find(botId)) !== undefined || this.accounts.wasDeleted(botId)
    if (!isThere) {
      // One after another for each person: those at once would only conflict. A bot that is refused claims no name.
      await this.queue.run(`bots of ${ownerId}`, async () => {
        await this.accounts.confirmRefusals(() => this.commands.requireRoom(command))
        await this.registration.open(botId, command, caller)
      })
    }
    if (this.commands.findResult(botId, command, caller) === undefined) {
      throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    }
    return { bot: this.#requireNewest(botId, token), token }
  }

  list(ownerId: string): readonly AccountRecord[] {
    return this.reader.botsOf(ownerId)
  }

  /** The token before stops working. Errors: USER_NOT_FOUND, COMMAND_ID_REUSED. */
  async replaceToken(botId: string, caller: Caller): Promise<string> {
    const before = await this.#requireOwn(botId, caller.userId)
    const token = this.#token(botId, caller)
    await this.commands.run(botId, { type: 'ReplaceBotToken', tokenHash: hashOf(token) }, caller)
    this.#requireNewest(botId, token)
    const ended = sessionOf(before)
    // In a repeat, what stands there is the new token already.
    if (ended !== sessionIdOf(hashOf(token))) await this.sessions.end(botId, [ended])
    return token
  }

  /** Errors: USER_NOT_FOUND, COMMAND_ID_REUSED. */
  async delete(botId: string, caller: Caller): Promise<void> {
    const command = { type: 'Delete' } as const
    let ended: string | undefined
    const require = async () => {
      ended = sessionOf(await this.#requireOwn(botId, caller.userId))
    }
    if (await this.commands.wasDone(botId, command, caller, require)) return
    await this.commands.run(botId, command, caller)
    if (ended !== undefined) await this.sessions.end(botId, [ended])
  }

  /** Another replica may have made the token a moment ago. Errors: UNAUTHENTICATED. */
  authenticate(token: string): Promise<{ readonly bot: AccountRecord; readonly sessionId: string }> {
    const tokenHash = hashOf(token)
    return this.accounts.confirmRefusals(() => {
      const bot = this.reader.botByToken(tokenHash)
      if (!bot || !this.#isLetIn(bot)) throw new Refusal(ErrorReason.UNAUTHENTICATED)
      return { bot, sessionId: sessionOf(bot) }
    })
  }

  /** Those of these sessions whose token was replaced, or whose bot or owner is disabled or deleted. */
  ended<Key extends SessionKey>(keys: readonly Key[]): Key[] {
    return keys.filter(({ userId, sessionId }) => {
      const account = this.reader.byId(userId)
      if (!account) return this.accounts.wasDeleted(userId)
      return account.ownerId !== '' && (sessionOf(account) !== sessionId || !this.#isLetIn(account))
    })
  }

  /** Neither the bot nor its owner is disabled, and the owner exists. */
  #isLetIn(bot: AccountRecord): boolean {
    return !bot.disabled && this.reader.byId(bot.ownerId)?.disabled === false
  }

  async #requireOwn(botId: string, ownerId: string): Promise<AccountRecord> {
    const known = this.reader.byId(botId)
    if (known?.ownerId === ownerId) return known
    // Asked about the bot of somebody else, too, so that the time of the answer does not tell whether it is there.
    const bot = await this.accounts.latest(botId)
    if (bot?.ownerId !== ownerId) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return bot
  }

  /** A token that was replaced is not given out. Errors: COMMAND_ID_REUSED. */
  #requireNewest(botId: string, token: string): AccountRecord {
    const bot = this.reader.byId(botId)
    if (!bot?.tokenHash || !hashOf(token).equals(bot.tokenHash)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return bot
  }

  #token(botId: string, { userId: ownerId, commandId }: Caller): string {
    const secret = this.secret.hash('token of bot', JSON.stringify([ownerId, botId, commandId]))
    return `${BOT_TOKEN_PREFIX}${secret.toString('base64url')}`
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A token stands for a session: connections with the token end with it. */
const sessionIdOf = (tokenHash: Uint8Array): string => formatUuid(tokenHash)
const sessionOf = ({ tokenHash }: AccountRecord): string => sessionIdOf(tokenHash ?? new Uint8Array())

import { type CommandDeps, commandCommit } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { emailSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { EmailClaimedSchema } from '@beseda/proto/identity/v1/events'
import { LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { cleanEmail } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { AccountCommand } from '../../domain/accounts/account.js'
import type { AccountCommands, Condition } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AnonymousCaller, Caller } from '../accounts/caller.js'
import type { AccountReader, AccountRecord } from '../accounts/ports.js'
import type { SignInThrottle } from '../sign-in/sign-in-throttle.js'
import type { AccountLetters } from './account-letters.js'
import { codeHash, type LetterCodes } from './letter-codes.js'
import type { EmailStore, LetterQueue } from './ports.js'

/** A claim whose account did not get the address (the process ended in between) is void after this time. */
const ORPHAN_MS = 60_000

/** The person proves who they are: by the password or a fresh sign-in, and by the code of a second factor, which must be the same at the end. */
type Proof = () => Promise<Condition>

/** The mail addresses of people: set by them, confirmed by whoever reads what is sent there. */
export class Emails {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: EmailStore,
    private readonly accounts: AccountQueries,
    private readonly reader: Pick<AccountReader, 'byEmailCode'>,
    private readonly commands: AccountCommands,
    private readonly codes: LetterCodes,
    private readonly queue: LetterQueue,
    private readonly letters: Pick<AccountLetters, 'left'>,
    /** Counts the letters that a person sends: nobody's mailbox is flooded by way of this installation. */
    private readonly throttle: Pick<SignInThrottle, 'attempt'>,
    /** False: the installation sends no mail. */
    readonly available: boolean,
  ) {}

  /**
   * Queues a link to the address. A repeat of the command queues the same letter. Errors: NO_MAIL, BAD_EMAIL,
   * RATE_LIMITED, those of `prove`.
   */
  async set(text: string, caller: Caller, prove: Proof): Promise<void> {
    if (!this.available) throw new Refusal(ErrorReason.NO_MAIL)
    const address = cleanEmail(text)
    const { userId, commandId, now } = caller
    const letterId = this.codes.id('confirm', userId, commandId)
    const command = { type: 'SetEmail', address, codeHash: this.codes.hashOf(letterId), now: now.getTime() } as const
    await this.#run(command, caller, () => this.#counted(caller, prove))
    const kind = LetterKind.CONFIRM_EMAIL
    await this.queue.add(create(LetterSchema, { id: letterId, kind, userId, writtenAt: timestampFromDate(now) }))
  }

  /** Errors: those of `prove`. */
  async remove(caller: Caller, prove: Proof): Promise<void> {
    const command = { type: 'RemoveEmail' } as const
    const { email } = await this.accounts.get(caller.userId)
    if (await this.#run(command, caller, prove)) await this.letters.left(caller.userId, email, caller)
  }

  /** Returns the address that the account has now. Errors: EMAIL_LINK_EXPIRED, EMAIL_TAKEN. */
  async confirm(code: string, anonymous: AnonymousCaller): Promise<string> {
    const now = anonymous.now.getTime()
    const hash = codeHash(code)
    const { userId, unconfirmed, email } = await this.accounts.confirmRefusals(() => {
      const account = this.reader.byEmailCode(hash)
      if (!account?.unconfirmed || account.unconfirmed.until <= now) throw new Refusal(ErrorReason.EMAIL_LINK_EXPIRED)
      return account
    })
    const address = unconfirmed?.address ?? ''
    const caller = { ...anonymous, userId }
    await this.#claim(address, caller)
    await this.commands.run(userId, { type: 'ConfirmEmail', codeHash: hash, now }, caller)
    if (this.codes.keyOf(email) !== this.codes.keyOf(address)) await this.letters.left(caller.userId, email, caller)
    return address
  }

  /** The account that has confirmed the address. */
  async holder(address: string): Promise<AccountRecord | undefined> {
    const key = this.codes.keyOf(address)
    await this.#catchUp(key)
    const claim = this.store.claim(key)
    const account = claim && (await this.accounts.latest(claim.userId))
    return account && this.#has(account, key) ? account : undefined
  }

  /** Before anything is asked, so that no code is used up in vain. Errors: RATE_LIMITED, those of `prove`. */
  async #counted({ userId, now }: Caller, prove: Proof): Promise<Condition> {
    const sender = { userId, username: '', passwordHash: '' }
    const attempt = await this.throttle.attempt(sender, { known: '' }, now.getTime())
    return prove().catch(async (error: unknown) => {
      await attempt.withdraw()
      throw error
    })
  }

  /** False: it was carried out before. */
  async #run(command: AccountCommand, caller: Caller, prove: Proof): Promise<boolean> {
    let condition: Condition = {}
    const require = async () => {
      condition = await prove()
    }
    if (await this.commands.wasDone(caller.userId, command, caller, require)) return false
    await this.commands.run(caller.userId, command, caller, condition)
    return true
  }

  /** From here on nobody else can confirm the address. Errors: EMAIL_TAKEN. */
  async #claim(address: string, { userId, now }: Caller): Promise<void> {
    const key = this.codes.keyOf(address)
    const subject = emailSubject(key)
    for (;;) {
      const lastSeq = await this.#catchUp(key)
      const claim = this.store.claim(key)
      if (claim && (await this.#counts(claim.userId, claim.claimedAt, key, userId, now.getTime()))) {
        throw new Refusal(ErrorReason.EMAIL_TAKEN)
      }
      const value = create(EmailClaimedSchema, { userId })
      const commit = commandCommit({ commandId: newId(), actorId: userId, now }, [{ case: 'emailClaimed', value }])
      const expect = { subject, lastSeq }
      const result = await this.deps.store.append({ stream: IDENTITY_STREAM, subject, commit, expect })
      if (result.kind === 'conflict') continue
      await this.deps.projection.waitFor(IDENTITY_STREAM, result.seq)
      return
    }
  }

  /** Whether the claim of `holder` keeps `userId` from the address. */
  async #counts(holder: string, claimedAt: number, key: string, userId: string, now: number): Promise<boolean> {
    if (holder === userId) return false
    const account = await this.accounts.latest(holder)
    if (!account) return false
    return this.#has(account, key) || now - claimedAt < ORPHAN_MS
  }

  #has({ email }: AccountRecord, key: string): boolean {
    return email !== '' && this.codes.keyOf(email) === key
  }

  /** The view has all claims of the address; returns the sequence of the last. */
  async #catchUp(key: string): Promise<number> {
    const seq = (await this.deps.store.last(IDENTITY_STREAM, emailSubject(key)))?.seq ?? 0
    await this.deps.projection.waitFor(IDENTITY_STREAM, seq)
    return seq
  }
}

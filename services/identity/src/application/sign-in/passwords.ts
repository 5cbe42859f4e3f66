import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { foldUsername } from '@beseda/rules'
import { isEasyToGuess } from '../../domain/sign-in/password-rule.js'
import type { AccountCommands, Condition } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AnonymousCaller, Caller } from '../accounts/caller.js'
import type { AccountReader, AccountRecord } from '../accounts/ports.js'
import type { AccountLetters } from '../email/account-letters.js'
import type { PasswordHashes } from './ports.js'
import type { Attempt, Guesser, SignInThrottle } from './sign-in-throttle.js'

/** Somebody of whom nothing is known, not even where they are. */
const STRANGER: Guesser = { network: '' }
/** The id of no account. */
const NOBODY = 'nobody'

/** The rights that the code for a new password, or the taking of a second factor, rests on, on the view as it is. */
export interface ResetRights {
  mayStillReset(account: AccountRecord, offeredBy: string): boolean
  /** Names them, the code and the second factor, as they are now: an appointment is not written beside the use of a code. */
  asOf(userId: string): string
}

const namesOf = ({ username, displayName }: AccountRecord): readonly string[] => [username, displayName]

/** Everything that takes a password. */
export class Passwords {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly reader: Pick<AccountReader, 'byResetCode'>,
    private readonly commands: Pick<AccountCommands, 'run'>,
    private readonly hashes: PasswordHashes,
    private readonly throttle: SignInThrottle,
    private readonly letters: Pick<AccountLetters, 'left'>,
  ) {}

  /** Errors: WEAK_PASSWORD, if it is too easy to guess for a person with these names; RATE_LIMITED. */
  async hashNew(password: string, names: readonly string[]): Promise<string> {
    if (isEasyToGuess(password, names)) throw new Refusal(ErrorReason.WEAK_PASSWORD)
    return this.hashes.hash(password)
  }

  /** Whether it is the account's password. Counts as a guess. Errors: RATE_LIMITED. */
  async matches(account: AccountRecord, password: string, now: Date, guesser = STRANGER): Promise<boolean> {
    const attempt = await this.throttle.attempt(account, guesser, now.getTime())
    const isRight = await this.#verify(attempt, account.passwordHash, password)
    if (isRight) await attempt.succeeded()
    return isRight
  }

  /**
   * The account of a name and password. `guesserOf`: who asks, as seen from the account. Errors: BAD_CREDENTIALS; RATE_LIMITED after too many
   * wrong passwords in a row, whatever the password. An unknown name gets the same refusals after the same work.
   */
  async authenticate(
    username: string,
    password: string,
    now: Date,
    guesserOf: (userId: string) => Guesser = () => STRANGER,
  ): Promise<AccountRecord> {
    const name = foldUsername(username)
    const found = await this.accounts.findByName(name)
    // Another replica may have changed the password. Asked about an unknown name, too, so that the time of the answer does not tell.
    const account = await this.accounts.latest(found?.userId ?? NOBODY)
    if (!account) {
      const nobody = { userId: undefined, username: name, passwordHash: '' }
      const attempt = await this.throttle.attempt(nobody, guesserOf(NOBODY), now.getTime())
      await this.#verify(attempt, undefined, password)
      throw new Refusal(ErrorReason.BAD_CREDENTIALS)
    }
    const guesser = guesserOf(account.userId)
    if (!(await this.matches(account, password, now, guesser))) throw new Refusal(ErrorReason.BAD_CREDENTIALS)
    return account
  }

  /**
   * A signed-in person proves who they are: by the password or, for an account without one, by a recent sign-in. Guesses in one session delay
   * no other. Errors: WRONG_PASSWORD, SIGN_IN_AGAIN, RATE_LIMITED.
   */
  async requireProof(
    userId: string,
    password: string,
    now: Date,
    isFresh: () => Promise<boolean>,
    sessionId = '',
  ): Promise<void> {
    const account = await this.accounts.latest(userId)
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    if (account.passwordHash === '') {
      if (!(await isFresh())) throw new Refusal(ErrorReason.SIGN_IN_AGAIN)
      return
    }
    const isRight = await this.matches(account, password, now, { known: sessionId })
    if (!isRight) throw new Refusal(ErrorReason.WRONG_PASSWORD)
  }

  /**
   * `prove`: the current password, or a fresh sign-in. `confirm`: the code of a second factor, asked last, because it works once. Errors:
   * WEAK_PASSWORD, RATE_LIMITED, and those of the proofs.
   */
  async change(
    next: string,
    caller: Caller,
    prove: () => Promise<void>,
    confirm: () => Promise<Condition>,
  ): Promise<void> {
    await prove()
    const passwordHash = await this.hashNew(next, namesOf(await this.accounts.get(caller.userId)))
    const condition = await confirm()
    await this.commands.run(caller.userId, { type: 'ChangePassword', passwordHash }, caller, condition)
  }

  /**
   * With a code that an administrator gave out, or that came by mail. After an administrator's help the account has no mail address: a thief
   * may have entered it, and it would be a way back. `rights`: whether an administrator may still do so. Errors: RESET_EXPIRED,
   * WEAK_PASSWORD.
   */
  async reset(
    codeHash: Uint8Array,
    next: string,
    anonymous: AnonymousCaller,
    rights: ResetRights,
  ): Promise<AccountRecord> {
    const now = anonymous.now.getTime()
    const find = () => {
      const account = this.reader.byResetCode(codeHash)
      const isGood =
        account?.reset && account.reset.until > now && rights.mayStillReset(account, account.reset.offeredBy)
      if (!isGood) throw new Refusal(ErrorReason.RESET_EXPIRED)
      return account
    }
    const account = await this.accounts.confirmRefusals(find)
    const { userId } = account
    const passwordHash = await this.hashNew(next, namesOf(account))
    const command = { type: 'ResetPassword', userId, codeHash, passwordHash, now } as const
    const condition = { require: () => void find(), guard: () => rights.asOf(userId) }
    await this.commands.run(userId, command, { ...anonymous, userId }, condition)
    await this.throttle.forget(userId)
    const latest = await this.accounts.get(userId)
    if (latest.email === '') await this.letters.left(userId, account.email, anonymous)
    return latest
  }

  /** A password that could not be verified, because too many requests wait, is no failure. */
  #verify(attempt: Attempt, stored: string | undefined, password: string): Promise<boolean> {
    return this.hashes.verify(stored, password).catch(async (error: unknown) => {
      await attempt.withdraw()
      throw error
    })
  }
}

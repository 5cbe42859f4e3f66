import { newId, Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { recoveryKey } from '../../domain/accounts/account.js'
import { toBase32 } from '../../domain/second-factor/base32.js'
import { uriOf } from '../../domain/second-factor/one-time-code.js'
import { typedCode } from '../../domain/second-factor/typed-code.js'
import type { AccountCommands, Condition } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { AccountReader, AccountRecord } from '../accounts/ports.js'
import type { UsedFlows } from '../passkeys/ports.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { Guesser, SignInThrottle } from '../sign-in/sign-in-throttle.js'
import type { AppSecrets } from './app-secrets.js'
import { recoveryCodesOf, recoveryHash } from './recovery-codes.js'

/** What the browser keeps, sealed, while the person adds the secret to their app. */
export interface SetUpFlow {
  readonly userId: string
  /** Base64url. */
  readonly secret: string
}

export interface StartedSetUp {
  readonly secret: string
  readonly uri: string
  readonly flow: string
}

/** What the person shows before something dangerous: the password, or a fresh sign-in. Throws a Refusal. */
type Proof = () => Promise<void>

/** Codes of an authenticator app beside the password (RFC 6238), and recovery codes that stand in for the app. */
export class SecondFactors {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'get' | 'latest'>,
    private readonly reader: Pick<AccountReader, 'byId'>,
    private readonly commands: Pick<AccountCommands, 'run' | 'wasDone' | 'keyOf'>,
    private readonly secrets: AppSecrets,
    private readonly used: UsedFlows,
    /** Counts wrong codes, apart from wrong passwords. */
    private readonly throttle: Pick<SignInThrottle, 'attempt'>,
    private readonly flows: Sealed<SetUpFlow>,
    private readonly installation: Pick<InstallationSecret, 'hash'>,
    /** The host name of the installation; empty: not configured. */
    private readonly host: string,
  ) {}

  /**
   * The code is right, if the account needs one; the condition holds as long as it has the same second factor. `by`: key of the command
   * that needs it, a repeat of which may show the same code of the app; empty: none may. Errors: SECOND_FACTOR_REQUIRED without a code, WRONG_CODE, RATE_LIMITED.
   */
  async confirm(account: AccountRecord, code: string, now: Date, guesser: Guesser, by = ''): Promise<Condition> {
    const { userId } = account
    const factor = factorKey(account)
    if (account.secondFactor) await this.#require(account, code, now, guesser, by)
    return {
      require: () => {
        const present = this.reader.byId(userId)
        if (present && factorKey(present) !== factor) throw new Refusal(ErrorReason.SECOND_FACTOR_REQUIRED)
      },
    }
  }

  /** For a signed-in person, whose guesses in one session delay no other. Errors: as of `confirm`, USER_NOT_FOUND. */
  async confirmOwn(
    code: string,
    { userId, now }: Pick<Caller, 'userId' | 'now'>,
    sessionId = '',
    by = '',
  ): Promise<Condition> {
    const account = await this.accounts.latest(userId)
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return this.confirm(account, code, now, { known: sessionId }, by)
  }

  /** Nothing is kept until `add`. Errors: SECOND_FACTOR_ON, and those of the proof. */
  async start({ userId, now }: Caller, prove: Proof): Promise<StartedSetUp> {
    await prove()
    const { secondFactor, username } = await this.accounts.get(userId)
    if (secondFactor) throw new Refusal(ErrorReason.SECOND_FACTOR_ON)
    const bytes = this.secrets.make()
    const secret = toBase32(bytes)
    const flow = this.flows.seal({ userId, secret: bytes.toString('base64url') }, now.getTime())
    return { secret, uri: uriOf(secret, username, this.host), flow }
  }

  /**
   * Returns the recovery codes. The first code shows that the app has the secret; it works for nothing else. Errors: SIGN_IN_FAILED for a
   * flow that is too old or another person's, WRONG_CODE, SECOND_FACTOR_ON, COMMAND_ID_REUSED.
   */
  async add(flow: string, code: string, caller: Caller): Promise<readonly string[]> {
    const { userId, commandId, now } = caller
    const kept = this.flows.open(flow, now.getTime())
    if (!kept || kept.userId !== userId) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const secret = Buffer.from(kept.secret, 'base64url')
    const codes = recoveryCodesOf(this.installation, userId, commandId)
    const sealedSecret = this.secrets.seal(secret, userId)
    const command = { type: 'AddSecondFactor', sealedSecret, recoveryHashes: codes.map(recoveryHash) } as const
    const prove = async () => {
      if ((await this.accounts.get(userId)).secondFactor) throw new Refusal(ErrorReason.SECOND_FACTOR_ON)
      const by = this.commands.keyOf(userId, command, caller)
      if (!(await this.#use(typedCode(code).text, secret, now, by))) throw new Refusal(ErrorReason.WRONG_CODE)
    }
    if (!(await this.commands.wasDone(userId, command, caller, prove))) await this.commands.run(userId, command, caller)
    return this.#ifNewest(codes, userId)
  }

  /** Errors: those of the proof and of `confirm`. */
  async remove(code: string, caller: Caller, prove: Proof, sessionId?: string): Promise<void> {
    const command = { type: 'RemoveSecondFactor', taken: false } as const
    await this.#change(command, code, caller, prove, sessionId)
  }

  /** Returns the new ones. Errors: SECOND_FACTOR_OFF, COMMAND_ID_REUSED, and those of the proof and of `confirm`. */
  async replaceCodes(code: string, caller: Caller, prove: Proof, sessionId?: string): Promise<readonly string[]> {
    const codes = recoveryCodesOf(this.installation, caller.userId, caller.commandId)
    const command = { type: 'ReplaceRecoveryCodes', recoveryHashes: codes.map(recoveryHash) } as const
    await this.#change(command, code, caller, prove, sessionId)
    return this.#ifNewest(codes, caller.userId)
  }

  async #change(
    command: Parameters<AccountCommands['run']>[1],
    code: string,
    caller: Caller,
    prove: Proof,
    sessionId?: string,
  ): Promise<void> {
    let condition: Condition = {}
    const proveAll = async () => {
      await prove()
      const by = this.commands.keyOf(caller.userId, command, caller)
      condition = await this.confirmOwn(code, caller, sessionId, by)
    }
    if (await this.commands.wasDone(caller.userId, command, caller, proveAll)) return
    await this.commands.run(caller.userId, command, caller, condition)
  }

  /** Errors: COMMAND_ID_REUSED, if one of them was used, or there are newer ones. */
  async #ifNewest(codes: readonly string[], userId: string): Promise<readonly string[]> {
    const { secondFactor } = await this.accounts.get(userId)
    const wanted = codes.map((code) => recoveryKey(recoveryHash(code)))
    if (secondFactor?.recoveryHashes.join() !== wanted.join()) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return codes
  }

  async #require(account: AccountRecord, typed: string, now: Date, guesser: Guesser, by: string): Promise<void> {
    const { userId, username } = account
    const code = typedCode(typed)
    if (code.text === '') throw new Refusal(ErrorReason.SECOND_FACTOR_REQUIRED)
    // Nobody guesses 80 bits, so nobody's guesses at the app keep the person from using a recovery code.
    if (code.kind === 'recovery') return this.#useRecoveryCode(userId, recoveryHash(code.text), now)
    const guessed = { userId, username, passwordHash: factorKey(account) }
    const attempt = await this.throttle.attempt(guessed, guesser, now.getTime())
    const secret = this.secrets.open(account.secondFactor?.sealedSecret ?? new Uint8Array(), userId)
    const isRight = await this.#use(code.text, secret, now, by).catch(async (error: unknown) => {
      await attempt.withdraw()
      throw error
    })
    if (!isRight) throw new Refusal(ErrorReason.WRONG_CODE)
    await attempt.succeeded()
  }

  /** Each code is taken for one command, whichever replica it comes to: the mark is created once. */
  async #use(code: string, secret: Uint8Array | undefined, now: Date, by: string): Promise<boolean> {
    const mark = secret && this.secrets.markOf(code, secret, now.getTime())
    return mark !== undefined && (await this.used.use(mark, by))
  }

  /** Errors: WRONG_CODE. */
  async #useRecoveryCode(userId: string, hash: Buffer, now: Date): Promise<void> {
    const command = { type: 'UseRecoveryCode', recoveryHash: hash } as const
    // Never the same id twice: a code does not expire, so one that is spent must prove nothing, not even for a repeat.
    await this.commands.run(userId, command, { commandId: newId(), userId, now })
  }
}

/** Tells the second factor of an account from any other one that it has had. Empty: none. */
export const factorKey = ({ secondFactor }: Pick<AccountRecord, 'secondFactor'>): string =>
  secondFactor ? Buffer.from(secondFactor.sealedSecret).toString('base64url') : ''

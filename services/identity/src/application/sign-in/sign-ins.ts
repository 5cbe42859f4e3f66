import { newId, Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AccountRecord } from '../accounts/ports.js'
import type { Administrators } from '../administration/administrators.js'
import type { NewDevices } from '../email/new-devices.js'
import type { ExternalStore, ProviderSays } from '../external/ports.js'
import type { UsedFlows } from '../passkeys/ports.js'
import { factorKey, type SecondFactors } from '../second-factor/second-factors.js'
import type { IssuedTokens, Sessions } from '../sessions/sessions.js'
import type { Sealed } from './sealed.js'

export interface Device {
  readonly id: string
  readonly name: string
}

export interface SignedIn {
  readonly account: AccountRecord
  readonly tokens: IssuedTokens
}

/** A code of the second factor is needed for the session. */
export interface Challenged {
  readonly challenge: string
}

/** An account, and what proved that the person is its owner. */
export interface Proven {
  readonly account: AccountRecord
  /** Whether the view still has what proved it: the passkey, the link to a provider. */
  readonly holds: () => boolean
  /** The key of the identity at a provider; undefined: it was no provider. */
  readonly external?: string
  /** What the provider says of the person; undefined: nothing. */
  readonly says?: ProviderSays | undefined
}

/** What a first factor has proved, kept by the browser, sealed, until the second one is shown. */
export interface Challenge {
  readonly id: string
  readonly userId: string
  readonly device: Device
  /** The device had a proof of an earlier sign-in of this person. */
  readonly known: boolean
  /** A keyed hash of the password's, which must be the same at the end. */
  readonly password: string
  readonly external: string | undefined
  readonly says?: ProviderSays | undefined
}

/** How a session begins, whatever proved who the person is: nowhere else is one opened. */
export class SignIns {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'latest'>,
    private readonly sessions: Pick<Sessions, 'open' | 'end'>,
    private readonly administrators: Pick<Administrators, 'settleFounder' | 'follow'>,
    private readonly newDevices: Pick<NewDevices, 'signedIn'>,
    private readonly factors: Pick<SecondFactors, 'confirm'>,
    private readonly external: Pick<ExternalStore, 'byKey'>,
    private readonly challenges: Sealed<Challenge>,
    private readonly used: UsedFlows,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
    private readonly onSignIn: (userId: string) => void,
  ) {}

  /**
   * Opens a session for an account as it was when the person proved who they are, or asks for the second factor first. `known`: the device
   * has a proof of an earlier sign-in. Errors: ACCOUNT_DISABLED; BAD_CREDENTIALS when the account was deleted, its password or second factor
   * changed, or the passkey or link that proved it was removed, since then.
   */
  async open(
    proven: Proven,
    device: Device = { id: newId(), name: '' },
    now: Date,
    known = false,
  ): Promise<SignedIn | Challenged> {
    const { account, external, says } = proven
    await this.administrators.settleFounder(now)
    if (account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    if (!account.secondFactor) return this.#open(proven, device, now)
    const password = this.#hash(account)
    const contents = { id: newId(), userId: account.userId, device, known, password, external, says }
    return { challenge: this.challenges.seal(contents, now.getTime()) }
  }

  /**
   * For a passkey, which is two factors by itself: something that the person has, unlocked by what they know or are. Errors: as of `open`.
   */
  async openByPasskey(proven: Proven, device: Device = { id: newId(), name: '' }, now: Date): Promise<SignedIn> {
    await this.administrators.settleFounder(now)
    if (proven.account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    return this.#open(proven, device, now, true)
  }

  /**
   * The second step. A challenge opens one session; a wrong code does not use it up. `network`: where the person is. Errors: SIGN_IN_FAILED
   * for a challenge that does not count any more, and those of `SecondFactors.confirm` and `open`.
   */
  async finish(challenge: string, code: string, network: string, now: Date): Promise<SignedIn> {
    const kept = this.challenges.open(challenge, now.getTime())
    const account = kept && (await this.accounts.latest(kept.userId))
    if (!kept || !account || kept.password !== this.#hash(account)) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    if (account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    await this.factors.confirm(account, code, now, kept.known ? { known: kept.device.id } : { network })
    if (!(await this.used.use(kept.id))) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const { external, says } = kept
    const holds = () => external === undefined || this.external.byKey(external)?.userId === account.userId
    return this.#open({ account, holds, says }, kept.device, now)
  }

  async #open(proven: Proven, device: Device, now: Date, twice = false): Promise<SignedIn> {
    const { account } = proven
    const tokens = await this.sessions.open(account.userId, device, now)
    await this.#requireUnchanged(proven, twice, tokens)
    // Only who has signed in, with the second factor where there is one, changes a right by it.
    if (proven.says) await this.administrators.follow(account.userId, proven.says, now)
    this.onSignIn(account.userId)
    await this.newDevices.signedIn(account, device, tokens.sessionId, now)
    return { account, tokens }
  }

  /**
   * Whatever shuts an account ends the sessions that it finds. Either it found this one, or it was written before this check and is seen
   * here.
   */
  async #requireUnchanged({ account, holds }: Proven, twice: boolean, { sessionId }: IssuedTokens): Promise<void> {
    const latest = await this.accounts.latest(account.userId)
    const isSame = latest?.passwordHash === account.passwordHash
    const asksSame = twice || !latest?.secondFactor || factorKey(latest) === factorKey(account)
    if (latest && !latest.disabled && isSame && asksSame && holds()) return
    await this.sessions.end(account.userId, [sessionId])
    throw new Refusal(latest?.disabled ? ErrorReason.ACCOUNT_DISABLED : ErrorReason.BAD_CREDENTIALS)
  }

  #hash({ userId, passwordHash }: AccountRecord): string {
    return this.secret.hash('password of a challenge', JSON.stringify([userId, passwordHash])).toString('base64url')
  }
}

/** By the password, which stands in the account itself. */
export const byPassword = (account: AccountRecord): Proven => ({ account, holds: () => true })

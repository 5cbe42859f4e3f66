import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AccountRecord } from '../accounts/ports.js'
import type { Administrators } from '../administration/administrators.js'
import type { NewDevices } from '../email/new-devices.js'
import type { IssuedTokens, Sessions } from '../sessions/sessions.js'

export interface Device {
  readonly id: string
  readonly name: string
}

export interface SignedIn {
  readonly account: AccountRecord
  readonly tokens: IssuedTokens
}

/** An account, and what proved that the person is its owner. */
export interface Proven {
  readonly account: AccountRecord
  /** Whether the view still has what proved it: the passkey, the link to a provider. */
  readonly holds: () => boolean
}

/** How a session begins, whatever proved who the person is. */
export class SignIns {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'latest'>,
    private readonly sessions: Pick<Sessions, 'open' | 'end'>,
    private readonly administrators: Pick<Administrators, 'settleFounder'>,
    private readonly newDevices: Pick<NewDevices, 'signedIn'>,
    private readonly onSignIn: (userId: string) => void,
  ) {}

  /**
   * Opens a session for an account as it was when the person proved who they are. Errors: ACCOUNT_DISABLED; BAD_CREDENTIALS when the account
   * was deleted, its password changed, or the passkey or link that proved it was removed, since then.
   */
  async open({ account, holds }: Proven, device: Device | undefined, now: Date): Promise<SignedIn> {
    await this.administrators.settleFounder(now)
    if (account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    const tokens = await this.sessions.open(account.userId, device ?? { id: newId(), name: '' }, now)
    await this.#requireUnchanged(account, holds, tokens)
    this.onSignIn(account.userId)
    await this.newDevices.signedIn(account, device, tokens.sessionId, now)
    return { account, tokens }
  }

  /**
   * Whatever shuts an account ends the sessions that it finds. Either it found this one, or it was written before this check and is seen
   * here.
   */
  async #requireUnchanged(
    { userId, passwordHash }: AccountRecord,
    holds: () => boolean,
    { sessionId }: IssuedTokens,
  ): Promise<void> {
    const latest = await this.accounts.latest(userId)
    if (latest && !latest.disabled && latest.passwordHash === passwordHash && holds()) return
    await this.sessions.end(userId, [sessionId])
    throw new Refusal(latest?.disabled ? ErrorReason.ACCOUNT_DISABLED : ErrorReason.BAD_CREDENTIALS)
  }
}

/** By the password, which stands in the account itself. */
export const byPassword = (account: AccountRecord): Proven => ({ account, holds: () => true })

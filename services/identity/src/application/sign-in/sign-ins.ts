import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { AccountRecord } from '../accounts/ports.js'
import type { Administrators } from '../administration/administrators.js'
import type { IssuedTokens, Sessions } from '../sessions/sessions.js'

export interface Device {
  readonly id: string
  readonly name: string
}

export interface SignedIn {
  readonly account: AccountRecord
  readonly tokens: IssuedTokens
}

/** How a session begins, whatever proved who the person is. */
export class SignIns {
  constructor(
    private readonly sessions: Pick<Sessions, 'open'>,
    private readonly administrators: Pick<Administrators, 'settleFounder'>,
    private readonly onSignIn: (userId: string) => void,
  ) {}

  /** Errors: ACCOUNT_DISABLED. */
  async open(account: AccountRecord, device: Device | undefined, now: Date): Promise<SignedIn> {
    await this.administrators.settleFounder(now)
    if (account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    const tokens = await this.sessions.open(account.userId, device ?? { id: newId(), name: '' }, now)
    this.onSignIn(account.userId)
    return { account, tokens }
  }
}

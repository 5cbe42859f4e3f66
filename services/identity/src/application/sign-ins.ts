import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { AccountRow } from '../projections/queries.js'
import type { IssuedTokens, Sessions } from './sessions.js'

/** How a session begins, whatever proved who it is for. */
export class SignIns {
  constructor(
    private readonly sessions: Sessions,
    private readonly isAdministrator: (account: AccountRow) => boolean,
    private readonly onSignIn: (userId: string) => void,
  ) {}

  /** Errors: ACCOUNT_DISABLED. */
  async open(account: AccountRow, device: { readonly id: string; readonly name: string } | undefined, now: Date) {
    if (account.disabled) throw new Refusal(ErrorReason.ACCOUNT_DISABLED)
    const tokens = await this.sessions.open(account.user_id, device ?? { id: newId(), name: '' }, now)
    this.onSignIn(account.user_id)
    return { me: this.me(account), tokens: tokensOf(tokens) }
  }

  me(row: AccountRow) {
    return {
      user: userOf(row),
      locale: row.locale,
      timeZone: row.time_zone,
      hasPassword: row.password_hash !== '',
      administrator: this.isAdministrator(row),
    }
  }
}

export const tokensOf = ({ accessToken, accessExpiresAt, refreshToken }: IssuedTokens) => ({
  accessToken,
  accessExpiresAt: timestampFromDate(accessExpiresAt),
  refreshToken,
})

export const userOf = (row: AccountRow) => ({
  id: row.user_id,
  username: row.username,
  displayName: row.display_name,
  statusText: row.status_text,
  createdAt: timestampFromMs(row.created_at),
  avatarFileId: row.avatar_file_id,
  botOwnerId: row.owner_id,
})

import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Session } from '../domain/session.js'
import type { AccountRow } from '../projections/queries.js'
import type { Administrators } from './administrators.js'
import type { IssuedTokens, Sessions } from './sessions.js'

/** How a session begins, whatever proved who it is for. */
export class SignIns {
  constructor(
    private readonly sessions: Sessions,
    private readonly administrators: Pick<Administrators, 'is' | 'settleFounder'>,
    private readonly onSignIn: (userId: string) => void,
  ) {}

  /** Errors: ACCOUNT_DISABLED. */
  async open(account: AccountRow, device: { readonly id: string; readonly name: string } | undefined, now: Date) {
    await this.administrators.settleFounder(now)
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
      administrator: this.administrators.is(row),
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

/** Newest first. `currentId`: the session of who asks. */
export const sessionsOf = (sessions: ReadonlyMap<string, Session>, currentId?: string) =>
  [...sessions]
    .map(([id, { deviceName, openedAt, lastUsedAt }]) => ({
      id,
      deviceName,
      openedAt: timestampFromMs(openedAt),
      lastUsedAt: timestampFromMs(lastUsedAt),
      current: id === currentId,
    }))
    .sort((a, b) => Number(b.lastUsedAt.seconds - a.lastUsedAt.seconds))

import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { AccountRecord } from '../../application/accounts/ports.js'
import type { ActionRecord } from '../../application/administration/ports.js'
import type { PasskeyRecord } from '../../application/passkeys/ports.js'
import type { IssuedTokens } from '../../application/sessions/sessions.js'
import { passkeyId } from '../../domain/accounts/account.js'
import type { Session } from '../../domain/sessions/session.js'

/** What everybody may know of an account. */
export const userOf = (account: AccountRecord) => ({
  id: account.userId,
  username: account.username,
  displayName: account.displayName,
  ...statusOf(account, Date.now()),
  createdAt: timestampFromMs(account.createdAt),
  avatarFileId: account.avatarFileId,
  botOwnerId: account.ownerId,
})

/** A text that has ended is none. */
function statusOf({ statusText, statusUntil }: AccountRecord, now: number) {
  if (statusUntil === 0) return { statusText }
  return statusUntil > now ? { statusText, statusUntil: timestampFromMs(statusUntil) } : { statusText: '' }
}

/** What a person sees of their own account. */
export const meOf = (
  account: AccountRecord,
  administrators: { is(account: AccountRecord): boolean; lacksSecondFactor(account: AccountRecord): boolean },
) => ({
  user: userOf(account),
  locale: account.locale,
  timeZone: account.timeZone,
  hasPassword: account.passwordHash !== '',
  administrator: administrators.is(account),
  needsSecondFactor: administrators.lacksSecondFactor(account),
  secondFactor: account.secondFactor !== undefined,
  ...(account.secondFactorTakenAt > 0 ? { secondFactorTakenAt: timestampFromMs(account.secondFactorTakenAt) } : {}),
})

export const secondFactorOf = ({ secondFactor }: AccountRecord) =>
  secondFactor && {
    addedAt: timestampFromMs(secondFactor.addedAt),
    recoveryCodesLeft: secondFactor.recoveryHashes.length,
  }

export const botOf = (bot: AccountRecord) => ({ user: userOf(bot), scopes: [...bot.scopes] })

export const tokensOf = ({ accessToken, accessExpiresAt, refreshToken, deviceProof }: IssuedTokens) => ({
  accessToken,
  accessExpiresAt: timestampFromDate(accessExpiresAt),
  refreshToken,
  deviceProof,
})

/** Newest first. `currentId`: the caller's own session. */
export const sessionsOf = (sessions: ReadonlyMap<string, Session>, currentId?: string) =>
  [...sessions]
    .toSorted(([, a], [, b]) => b.lastUsedAt - a.lastUsedAt)
    .map(([id, { deviceName, openedAt, lastUsedAt }]) => ({
      id,
      deviceName,
      openedAt: timestampFromMs(openedAt),
      lastUsedAt: timestampFromMs(lastUsedAt),
      current: id === currentId,
    }))

export const passkeyOf = ({ credentialId, name, addedAt }: PasskeyRecord) => ({
  id: passkeyId(credentialId),
  name,
  addedAt: timestampFromMs(addedAt),
})

export const actionOf = ({ seq, at, actorId, action, userId, groupId, messageId, detail }: ActionRecord) => ({
  seq: BigInt(seq),
  time: timestampFromMs(at),
  administratorId: actorId,
  action,
  userId,
  groupId,
  messageId,
  detail,
})

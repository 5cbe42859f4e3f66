import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IdentityService, type Tokens } from '@beseda/proto/identity/v1/identity_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient } from '@connectrpc/connect'
import { localStore, locks } from '../browser.js'
import { log } from '../diagnostics/log.js'
import { reasonOf } from './errors.js'
import { httpTransport } from './http.js'
import { endsAt } from './link/token-life.js'
import { forgetSession, session, storedSession, storeSession } from './stored-session.js'

export { forgetSession, session }

const DEVICE_KEY = 'beseda.device'
/** A token that is about to expire is refreshed before it is used. */
const MARGIN_MS = 60_000

/** The browser's own id, created once. */
export function deviceId(): string {
  const known = localStore.getItem(DEVICE_KEY)
  if (known) return known
  const made = newId()
  localStore.setItem(DEVICE_KEY, made)
  return made
}

const PROOFS_KEY = 'beseda.deviceProofs'
/** People who share a browser. The server takes as many. */
const MAX_PROOFS = 8

/**
 * What this device has from earlier sign-ins, newest first: with it, wrong passwords that others try elsewhere do not delay the person here.
 * They name nobody and let nobody in, so they stay when somebody signs out.
 */
export function deviceProofs(): string[] {
  const kept = localStore.getItem(PROOFS_KEY)?.split(' ') ?? []
  return kept.filter((proof) => proof !== '').slice(0, MAX_PROOFS)
}

function keepProof(proof: string): void {
  const known = deviceProofs()
  if (proof === '' || known[0] === proof) return
  const others = known.filter((one) => one !== proof)
  localStore.setItem(PROOFS_KEY, [proof, ...others].slice(0, MAX_PROOFS).join(' '))
}

export function keepSession(userId: string, tokens: Tokens): void {
  log.step('session', 'new tokens')
  const expiresAt = tokens.accessExpiresAt
    ? endsAt(tokens.accessToken, timestampMs(tokens.accessExpiresAt), Date.now())
    : 0
  keepProof(tokens.deviceProof)
  storeSession({ userId, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, expiresAt })
}

const anonymous = createClient(
  IdentityService,
  httpTransport(async () => undefined),
)

/**
 * An access token that stays valid for a while; undefined when nobody is signed in. Refresh tokens work once, so the windows of a
 * browser refresh one at a time.
 */
export async function accessToken(): Promise<string | undefined> {
  if (!session.value) return undefined
  if (session.value.expiresAt - Date.now() > MARGIN_MS) return session.value.accessToken
  return inTurn(async () => {
    const present = storedSession()
    if (!present) return undefined
    if (present.expiresAt - Date.now() > MARGIN_MS) {
      session.value = present
      return present.accessToken
    }
    try {
      const { tokens } = await anonymous.refreshToken({ refreshToken: present.refreshToken })
      if (tokens) keepSession(present.userId, tokens)
    } catch (error) {
      const reason = reasonOf(error)
      if (reason !== ErrorReason.SESSION_REVOKED && reason !== ErrorReason.UNAUTHENTICATED) throw error
      forgetSession(true)
    }
    return session.value?.accessToken
  })
}

/** A page loaded over plain HTTP from another machine has no locks: its windows may refresh at once, and the later one signs in again. */
const inTurn = <T>(work: () => Promise<T>): Promise<T> => (locks ? locks.request('beseda.refresh', work) : work())

/** The server refuses the token although it looked valid: the next use refreshes it. */
export function expireAccessToken(): void {
  if (!session.value) return
  storeSession({ ...session.value, expiresAt: 0 })
}

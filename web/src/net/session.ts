import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IdentityService, type Tokens } from '@beseda/proto/identity/v1/identity_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient } from '@connectrpc/connect'
import { shallowRef } from 'vue'
import { reasonOf } from './errors.js'
import { httpTransport } from './http.js'

/** What this browser knows of being signed in. */
export interface StoredSession {
  readonly userId: string
  readonly accessToken: string
  /** Unix ms. */
  readonly expiresAt: number
  readonly refreshToken: string
}

const KEY = 'beseda.session'
const DEVICE_KEY = 'beseda.device'
/** A token that is about to expire is refreshed before it is used. */
const MARGIN_MS = 60_000

/** The browser's own id, made once. */
export function deviceId(): string {
  const known = localStorage.getItem(DEVICE_KEY)
  if (known) return known
  const made = newId()
  localStorage.setItem(DEVICE_KEY, made)
  return made
}

/** "Firefox on Linux", for the list of devices. */
export function deviceName(): string {
  const agent = navigator.userAgent
  const browser = /Firefox|Edg|OPR|Chrome|Safari/.exec(agent)?.[0] ?? 'Browser'
  const system = /Android|iPhone|iPad|Windows|Mac|Linux/.exec(agent)?.[0] ?? ''
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', Mac: 'macOS' }
  return [names[browser] ?? browser, names[system] ?? system].filter(Boolean).join(' on ')
}

function read(): StoredSession | undefined {
  try {
    const text = localStorage.getItem(KEY)
    return text === null ? undefined : (JSON.parse(text) as StoredSession)
  } catch {
    return undefined
  }
}

/** The session of all windows of this browser. */
export const session = shallowRef<StoredSession | undefined>(read())

window.addEventListener('storage', ({ key }) => {
  if (key === KEY) session.value = read()
})

export function keepSession(userId: string, tokens: Tokens): void {
  const expiresAt = tokens.accessExpiresAt ? timestampMs(tokens.accessExpiresAt) : 0
  session.value = { userId, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, expiresAt }
  localStorage.setItem(KEY, JSON.stringify(session.value))
}

export function forgetSession(): void {
  session.value = undefined
  localStorage.removeItem(KEY)
}

const anonymous = createClient(
  IdentityService,
  httpTransport(async () => undefined),
)

/**
 * An access token that is good for a while; undefined when nobody is signed in. Refresh tokens work once, so the windows of a
 * browser take turns.
 */
export async function accessToken(): Promise<string | undefined> {
  if (!session.value) return undefined
  if (session.value.expiresAt - Date.now() > MARGIN_MS) return session.value.accessToken
  return navigator.locks.request('beseda.refresh', async () => {
    const present = read()
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
      forgetSession()
    }
    return session.value?.accessToken
  })
}

/** The server does not take the token any more although it looked good: the next use refreshes it. */
export function expireAccessToken(): void {
  if (!session.value) return
  session.value = { ...session.value, expiresAt: 0 }
  localStorage.setItem(KEY, JSON.stringify(session.value))
}

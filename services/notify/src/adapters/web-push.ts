import { createECDH } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { type InstallationSecret, OutboundRefused, requestOutside } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import webpush from 'web-push'
import type { PushGateway, PushResult, PushTarget, PushTerms } from '../application/ports.js'

const TIMEOUT_MS = 10_000
/** Of the answer: a sentence of a push service. */
const MAX_ANSWER = 16_384

/** Hosts of the push services of browsers; a leading dot: and everything below. */
const KNOWN_SERVICES = [
  'fcm.googleapis.com',
  'android.googleapis.com',
  '.push.services.mozilla.com',
  '.push.apple.com',
  '.notify.windows.com',
]

export interface PushConfig {
  /** Whom a push service may write to: `mailto:` or https (VAPID `sub`). */
  readonly contact: string
  /** Hosts that may be spoken with; a leading dot: and everything below; `*`: every public address. */
  readonly services: readonly string[]
  /** Also this machine, without TLS: for tests. */
  readonly allowLoopback: boolean
}

/** PUSH_CONTACT, PUSH_SERVICES and PUSH_ALLOW_LOOPBACK of the environment. */
export const readPushConfig = (env: Readonly<Record<string, string | undefined>> = process.env): PushConfig => ({
  contact: env.PUSH_CONTACT || 'mailto:admin@example.org',
  services: env.PUSH_SERVICES ? env.PUSH_SERVICES.split(',').map((host) => host.trim()) : KNOWN_SERVICES,
  allowLoopback: env.PUSH_ALLOW_LOOPBACK === 'true',
})

/** Web Push: encrypted for the device (RFC 8291), signed with the installation's key (VAPID, RFC 8292). */
export class WebPushGateway implements PushGateway {
  readonly publicKey: Uint8Array
  readonly #vapid: { readonly subject: string; readonly publicKey: string; readonly privateKey: string }

  constructor(
    private readonly config: PushConfig,
    secret: InstallationSecret,
  ) {
    const { publicKey, privateKey } = keyPairOf(secret)
    this.publicKey = publicKey
    this.#vapid = {
      subject: config.contact,
      publicKey: publicKey.toString('base64url'),
      privateKey: privateKey.toString('base64url'),
    }
  }

  requireAllowed(endpoint: string): void {
    if (!this.#isAllowed(endpoint)) throw new Refusal(ErrorReason.PUSH_ENDPOINT_REFUSED)
  }

  async send({ endpoint, p256dh, auth }: PushTarget, payload: string, terms: PushTerms): Promise<PushResult> {
    // What was allowed when it was stored may not be any more.
    if (!this.#isAllowed(endpoint)) return { kind: 'gone' }
    const keys = { p256dh: Buffer.from(p256dh).toString('base64url'), auth: Buffer.from(auth).toString('base64url') }
    try {
      const { method, headers, body } = webpush.generateRequestDetails({ endpoint, keys }, payload, {
        vapidDetails: this.#vapid,
        TTL: terms.ttlSeconds,
        urgency: terms.urgency,
        ...(terms.topic ? { topic: terms.topic } : {}),
        contentEncoding: 'aes128gcm',
      })
      const answer = await requestOutside(new URL(endpoint), {
        method,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body,
        maxBytes: MAX_ANSWER,
        timeoutMs: TIMEOUT_MS,
        allowLoopback: this.config.allowLoopback,
      })
      return resultOf(answer.status, answer.headers['retry-after'])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      // Keys that cannot be encrypted for never will be.
      return error instanceof OutboundRefused ? { kind: 'failed', retryAfterMs: undefined, why } : { kind: 'gone' }
    }
  }

  #isAllowed(endpoint: string): boolean {
    if (!URL.canParse(endpoint)) return false
    const { protocol, hostname, username, password } = new URL(endpoint)
    if (username !== '' || password !== '') return false
    if (this.config.allowLoopback && /^(127\.|localhost$|\[::1\]$)/.test(hostname)) return true
    return protocol === 'https:' && this.config.services.some((service) => isServiceOf(service, hostname))
  }
}

const isServiceOf = (service: string, hostname: string): boolean =>
  service === '*' || (service.startsWith('.') ? hostname.endsWith(service) : hostname === service)

/** 404 and 410: the subscription is no more (RFC 8030, section 7.3). 413: this note can never be sent. */
function resultOf(status: number, retryAfter: string | undefined): PushResult {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === 404 || status === 410) return { kind: 'gone' }
  const again = status === 429 || status >= 500
  const seconds = Number(retryAfter)
  const named = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined
  return { kind: 'failed', retryAfterMs: again ? named : Number.POSITIVE_INFINITY, why: `status ${status}` }
}

/** The key of an installation follows from its secret: nothing more to keep, the same on every replica. */
function keyPairOf(secret: InstallationSecret): { publicKey: Buffer; privateKey: Buffer } {
  const curve = createECDH('prime256v1')
  for (let attempt = 0; ; attempt++) {
    const privateKey = secret.key(`web push ${attempt}`)
    try {
      curve.setPrivateKey(privateKey)
      return { publicKey: curve.getPublicKey(), privateKey }
    } catch {
      // One of four thousand million texts is no number of the curve.
    }
  }
}

import { createECDH } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { type InstallationSecret, OutboundRefused, requestOutside } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import webpush from 'web-push'
import type { PushGateway, PushResult, PushTarget, PushTerms } from '../application/ports.js'
import type { PushConfig } from '../config.js'

const TIMEOUT_MS = 10_000
/** Largest answer of a push service that is read: a sentence. */
const MAX_ANSWER = 16_384

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
    // The configuration may have changed since the address was stored.
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
      // An error that is not the connection's is one of the keys: nothing can ever be encrypted for them.
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

/** 404 and 410: the subscription no longer exists (RFC 8030, section 7.3). Only 429 and 5xx are worth a retry. */
function resultOf(status: number, retryAfter: string | undefined): PushResult {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === 404 || status === 410) return { kind: 'gone' }
  const isTemporary = status === 429 || status >= 500
  const seconds = Number(retryAfter)
  const named = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined
  return { kind: 'failed', retryAfterMs: isTemporary ? named : Number.POSITIVE_INFINITY, why: `status ${status}` }
}

/** The key pair is derived from the installation's secret: nothing more to store, and the same on every replica. */
function keyPairOf(secret: InstallationSecret): { publicKey: Buffer; privateKey: Buffer } {
  const curve = createECDH('prime256v1')
  for (let attempt = 0; ; attempt++) {
    const privateKey = secret.key(`web push ${attempt}`)
    try {
      curve.setPrivateKey(privateKey)
      return { publicKey: curve.getPublicKey(), privateKey }
    } catch {
      // One in four thousand million hashes is not a private key of the curve.
    }
  }
}

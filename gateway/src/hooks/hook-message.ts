import { createHash } from 'node:crypto'
import { formatUuid, isUuid, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { areAlerts, fromAlerts } from './alerts.js'
import { isObject, type Json } from './fields.js'
import { fromGitHub } from './github.js'
import { fromGitLab } from './gitlab.js'
import type { Part } from './markdown.js'
import { fromSlack, isSlack } from './slack.js'

/** What came to the address of a webhook. Headers are empty where there are none. */
export interface HookRequest {
  readonly body: Uint8Array
  /** Of the webhook. */
  readonly token: string
  /** `X-GitHub-Event`, and `X-GitHub-Delivery`, which is the same when GitHub delivers again, and for every webhook that gets the event. */
  readonly gitHubEvent: string
  readonly gitHubDelivery: string
  /** `X-Gitlab-Event`, and the `Idempotency-Key` of its delivery. */
  readonly gitLabEvent: string
  readonly idempotencyKey: string
}

export interface HookMessage {
  readonly text: string
  /** Instead of the webhook's own name; may be empty. */
  readonly name: string
  /** Makes a repeat safe; empty: there is none. */
  readonly id: string
  /** The sender expects the word `ok`, as Slack answers. */
  readonly answersOk: boolean
}

/** Longest name of an author, characters. */
const MAX_NAME = 64

/**
 * The message that a payload stands for: that of this API, of Slack, GitHub, GitLab, Alertmanager or Grafana. Errors: INVALID_REQUEST, also for a
 * payload that nobody has thought of.
 */
export function hookMessage(request: HookRequest): HookMessage {
  try {
    return messageOf(request)
  } catch (error) {
    throw error instanceof Refusal ? error : invalid()
  }
}

function messageOf(request: HookRequest): HookMessage {
  const { json, isForm } = jsonOf(request)
  const { token, gitHubEvent, gitLabEvent } = request
  const from = (text: Part, delivery = '') => ({
    text: String(text),
    name: '',
    id: isUuid(delivery) ? idOf(token, delivery) : '',
    answersOk: false,
  })
  if (gitHubEvent !== '') return from(fromGitHub(gitHubEvent, json), request.gitHubDelivery.toLowerCase())
  if (gitLabEvent !== '') return from(fromGitLab(json), request.idempotencyKey.toLowerCase())
  if (areAlerts(json)) return from(fromAlerts(json))
  if (!isSlack(json) && !isForm) return ownMessage(json)
  const { text, name } = fromSlack(json)
  if (text.isEmpty) throw invalid()
  return { text: String(text), name: [...name].slice(0, MAX_NAME).join(''), id: '', answersOk: true }
}

/** The id of the message of a delivery to one webhook (UUID of version 8): another webhook's message of the same event is another. */
function idOf(token: string, delivery: string): string {
  const bytes = createHash('sha256').update(`${token} ${delivery}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return formatUuid(bytes)
}

/** `{"text": "…", "name": "…", "id": "…"}`. A text that is too long is refused: whoever writes for this API is told so. */
function ownMessage({ text, name = '', id = '' }: Json): HookMessage {
  const isId = typeof id === 'string' && (id === '' || isUuid(id))
  if (typeof text !== 'string' || typeof name !== 'string' || !isId) throw invalid()
  return { text, name, id, answersOk: false }
}

/** JSON, whatever its type is said to be (curl calls it a form), or in the field `payload` of a form, as tools send it to Slack. */
function jsonOf({ body }: HookRequest): { readonly json: Json; readonly isForm: boolean } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const payload = text.startsWith('payload=') ? new URLSearchParams(text).get('payload') : null
    const json: unknown = JSON.parse(payload ?? text)
    if (isObject(json)) return { json, isForm: payload !== null }
  } catch {
    // Refused below, like every other body that is not as it should be.
  }
  throw invalid()
}

const invalid = (): Refusal => new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })

import { hookMessage } from './hook-message.js'

/** What a payload becomes, with these headers. */
export function messageOf(payload: object, headers: Partial<Parameters<typeof hookMessage>[0]> = {}) {
  const none = { token: 'token', gitHubEvent: '', gitHubDelivery: '', gitLabEvent: '', idempotencyKey: '' }
  return hookMessage({ ...none, body: new TextEncoder().encode(JSON.stringify(payload)), ...headers })
}

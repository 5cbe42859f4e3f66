import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect'

/** @typedef {import('./rules.mjs').Schema} Schema */

const MEANINGS = /** @type {Readonly<Record<number, string>>} */ ({
  400: 'Refused',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not now, or not again',
  429: 'Too much, or too often',
  500: 'A fault of the server',
  501: 'No such method',
  503: 'Out of reach: repeat it',
})
/** `Retry-After` stands beside `retryAfterMs`. */
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } }

/** The shape of every error: Connect's, with the typed detail. @param {Schema} reason @returns {Schema} */
export const errorSchema = (reason) => ({
  type: 'object',
  description:
    'An error. `message` is the reason without its prefix; the detail of type `beseda.common.v1.ErrorInfo` has everything.',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string', description: 'A code of Connect, as in `not_found`.' },
    message: { type: 'string' },
    details: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'value'],
        properties: {
          type: { type: 'string' },
          value: { type: 'string', description: 'The detail in binary, in base64 without padding.' },
          debug: {
            type: 'object',
            properties: {
              reason,
              retryAfterMs: { type: 'integer' },
              metadata: { type: 'object', additionalProperties: { type: 'string' } },
              violations: { type: 'array', items: { type: 'object' } },
            },
          },
        },
      },
    },
  },
})

/**
 * The responses of refusals, by HTTP status, each with its reasons. @param {Iterable<string>} reasons @param {ReadonlyMap<string, number>} codes
 * @returns {Record<string, Schema>}
 */
export function errorResponses(reasons, codes) {
  /** @type {Map<number, string[]>} */
  const byStatus = new Map()
  for (const reason of new Set(reasons)) {
    const code = codes.get(reason)
    if (code === undefined) throw new Error(`there is no reason ${reason}`)
    const status = codeToHttpStatus(code)
    byStatus.set(status, [...(byStatus.get(status) ?? []), reason])
  }
  return Object.fromEntries([...byStatus].map(([status, found]) => [String(status), errorResponse(status, found)]))
}

/** @param {number} status @param {readonly string[]} reasons */
const errorResponse = (status, reasons) => ({
  description: `${MEANINGS[status] ?? 'Refused'}: ${reasons.map((reason) => `\`${reason}\``).join(', ')}.`,
  ...(reasons.includes('RATE_LIMITED') ? { headers: RETRY_AFTER } : {}),
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  'x-reasons': reasons,
})

/** Reasons that a comment names after "Errors:". @param {string | undefined} comment @param {ReadonlyMap<string, number>} codes */
export function namedReasons(comment, codes) {
  const [, list = ''] = /\bErrors:(.*)$/s.exec(comment ?? '') ?? []
  return [...list.matchAll(/\b[A-Z][A-Z0-9_]+\b/g)].map(([name]) => name).filter((name) => codes.has(name))
}

import { setTimeout as wait } from 'node:timers/promises'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

const TIMEOUT_MS = 15_000
const PATIENCE = 20

/** A refusal of the platform; `code` is what Artillery counts. */
export class Refused extends Error {
  /** @param {string} code @param {number} [retryAfterMs] */
  constructor(code, retryAfterMs) {
    super(code)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * Calls a method over HTTP (Connect unary; JSON errors, binary messages). Like a well-behaved client, it waits after a
 * rate limit and calls `onLimited`.
 * @template {import('@bufbuild/protobuf').DescMessage} I
 * @template {import('@bufbuild/protobuf').DescMessage} O
 * @param {{ target: string, token?: string, address?: string, onLimited?: () => void }} to
 * @param {import('@bufbuild/protobuf').DescMethodUnary<I, O>} method
 * @param {import('@bufbuild/protobuf').MessageInitShape<I>} request
 * @returns {Promise<import('@bufbuild/protobuf').MessageShape<O>>}
 */
export async function call(to, method, request) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await callOnce(to, method, request)
    } catch (error) {
      if (!(error instanceof Refused) || !error.retryAfterMs || attempt > PATIENCE) throw error
      to.onLimited?.()
      await wait(error.retryAfterMs)
    }
  }
}

/** @type {typeof call} */
async function callOnce({ target, token, address }, method, request) {
  const response = await fetch(new URL(`/api/${method.parent.typeName}/${method.name}`, target), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/proto',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(address ? { 'X-Forwarded-For': address } : {}),
    },
    body: toBinary(method.input, create(method.input, request)),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const body = new Uint8Array(await response.arrayBuffer())
  if (!response.ok) throw refusalOf(method.name, new TextDecoder().decode(body))
  return fromBinary(method.output, body)
}

/** @param {string} method @param {string} body a Connect error in JSON */
function refusalOf(method, body) {
  try {
    const { code, details = [] } = JSON.parse(body)
    const { reason, retryAfterMs } = details[0]?.debug ?? {}
    return new Refused(`${method}.${reason ?? code}`, retryAfterMs)
  } catch {
    return new Refused(`${method}.not_an_answer`)
  }
}

/** The name of a reason in JSON errors. @param {ErrorReason | undefined} reason */
export const nameOf = (reason) => ErrorReason[reason ?? ErrorReason.UNSPECIFIED]

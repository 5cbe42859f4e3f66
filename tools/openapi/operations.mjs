/** @import { DescMethod } from '@bufbuild/protobuf' */
/** @import { Contract, Policy } from './options.mjs' */
/** @import { Schemas } from './schemas.mjs' */
import { errorResponses, namedReasons } from './errors.mjs'
import { commentOf } from './options.mjs'

/** Of `beseda.common.v1.Exposure`. */
const [ANYBODY, SIGNED_IN] = [2, 3]
/** Reasons of every method; of those that need a token; of those that carry a command id. */
const ALWAYS = ['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE']
const WITH_TOKEN = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED']
/** Of google.protobuf.MethodOptions.IdempotencyLevel: what a repeat means. */
const READS_ONLY = 1
const REPEATS = [
  'May be carried out twice: do not repeat it blindly.',
  'Reads only.',
  'Safe to repeat with the same content.',
]

/** Whether people or bots may call it. @param {Policy | undefined} policy */
export const isOpen = (policy) => policy !== undefined && policy.exposure >= ANYBODY

/** Who may call: nobody signed in, a person, or a bot whose token has the scope. @param {boolean} isSignedIn @param {string | undefined} scope */
export const securityOf = (isSignedIn, scope) =>
  isSignedIn ? [{ person: [] }, ...(scope ? [{ bot: [scope] }] : [])] : [{}]

/** The rate limit, in words and for programs. @param {Contract} contract @param {number | string} rateClass @param {string} of whom */
export function limitOf(contract, rateClass, of) {
  const { name, rate } = contract.rateOf(rateClass)
  return {
    sentence: `At most ${rate.burst} at once and ${rate.perMinute} a minute of one ${of}, together with the others of the class ${name}.`,
    'x-rate-limit': { class: name, perMinute: rate.perMinute, burst: rate.burst, of },
  }
}

/** One method as an operation. @param {Contract} contract @param {Schemas} schemas @param {DescMethod} method @param {Policy} policy */
export function operationOf(contract, schemas, method, policy) {
  const isSignedIn = policy.exposure === SIGNED_IN
  const scope = contract.scopeOf(policy.scope)
  const comment = commentOf(method)
  const { sentence, ...limit } = limitOf(contract, policy.rateClass, isSignedIn ? 'person' : 'network')
  const codes = contract.reasons
  const has = (/** @type {string} */ field) => method.input.fields.some(({ name }) => name === field)
  const reasons = [
    ...ALWAYS,
    ...(isSignedIn ? WITH_TOKEN : []),
    ...(isSignedIn ? ['SCOPE_MISSING'] : []),
    ...(isSignedIn && has('group_id') ? ['NOT_A_MEMBER'] : []),
    ...(['command_id', 'message_id', 'call_id'].some(has) && method.idempotency !== READS_ONLY
      ? ['COMMAND_ID_REUSED']
      : []),
    ...namedReasons(comment, codes),
  ]
  const bots = scope ? `Bots need ${scope}.` : 'For people, not for bots.'
  return {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    summary: method.name,
    description: [comment, REPEATS[method.idempotency], isSignedIn ? bots : 'Needs no account.', sentence]
      .filter(Boolean)
      .join('\n\n'),
    security: securityOf(isSignedIn, scope),
    requestBody: { required: true, content: { 'application/json': { schema: schemas.of(method.input) } } },
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: schemas.of(method.output) } } },
      ...errorResponses(reasons, codes),
      default: {
        description: 'Refused for another reason.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
    ...limit,
  }
}

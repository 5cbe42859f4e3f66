import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import { expect, test } from 'vitest'
import { waitBeforeRepeat } from './caller.js'
import { BesedaError, errorOf, unavailable } from './errors.js'
import { idFrom } from './ids.js'

const { postMessage } = GroupService.method
const { signIn } = IdentityService.method
const limited = new BesedaError(
  ErrorReason.RATE_LIMITED,
  create(ErrorInfoSchema, { reason: ErrorReason.RATE_LIMITED, retryAfterMs: 900 }),
)

test('a call without an answer is repeated where the contract allows it, with longer waits', () => {
  expect([0, 1, 2, 9].map((attempt) => waitBeforeRepeat(unavailable(), postMessage, attempt, 1))).toEqual([
    200, 400, 800, 5_000,
  ])
  expect(waitBeforeRepeat(unavailable(), signIn, 0, 1)).toBeUndefined()
})

test('a limited one waits as long as it was told, whichever it is; a refusal is final', () => {
  expect(waitBeforeRepeat(limited, signIn, 0, 1)).toBe(900)
  expect(waitBeforeRepeat(limited, signIn, 4, 1)).toBe(3_200)
  expect(waitBeforeRepeat(new BesedaError(ErrorReason.NOT_PERMITTED), postMessage, 0, 1)).toBeUndefined()
})

test('the typed detail of an answer is read; anything else is no answer', () => {
  const info = create(ErrorInfoSchema, { reason: ErrorReason.TOO_LARGE, metadata: { limit: '100' } })
  const value = base64Encode(toBinary(ErrorInfoSchema, info))
  const error = errorOf({ code: 'x', details: [{ type: 'other' }, { type: 'beseda.common.v1.ErrorInfo', value }] })
  expect(error).toMatchObject({ message: 'TOO_LARGE', reason: ErrorReason.TOO_LARGE, metadata: { limit: '100' } })
  for (const body of [undefined, null, {}, { details: [] }]) expect(errorOf(body).reason).toBe(ErrorReason.UNAVAILABLE)
})

test('an id follows from the secret and each part', async () => {
  const id = await idFrom('secret', ['answer', 'a'])
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(await idFrom('secret', ['answer', 'a'])).toBe(id)
  const others = [idFrom('other', ['answer', 'a']), idFrom('secret', ['answera']), idFrom('secret', ['answer', 'b'])]
  expect(new Set([id, ...(await Promise.all(others))]).size).toBe(4)
})

import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import { afterEach, expect, test, vi } from 'vitest'
import { Caller, waitBeforeRepeat } from './caller.js'
import { fixedToken } from './credentials.js'
import { BesedaError, errorOf, unavailable } from './errors.js'
import { idFrom } from './ids.js'

afterEach(() => void vi.unstubAllGlobals())

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

/** What a call fails with when its requests end so. */
function failure(fetch: () => Promise<Response>, signal = new AbortController().signal, patienceMs = 0) {
  vi.stubGlobal('fetch', fetch)
  const parts = { url: '', credentials: fixedToken('x'), patienceMs, closed: new AbortController().signal }
  return new Caller(parts).call(postMessage, create(postMessage.input), { signal }).catch((error: unknown) => error)
}
const [HTML, PROTO] = [{ 'Content-Type': 'text/html' }, { 'Content-Type': 'application/proto' }]

test.each([
  ['a page of a proxy', '<!doctype html><p>Sign in to the network', HTML],
  ['a page that could be read as a message', '', HTML],
  ['bytes that are no message', '<html>', PROTO],
])('what is no answer of the server is an error as no answer is: %s', async (_, body, headers) => {
  const error = await failure(async () => new Response(body, { headers }))
  expect(error).toMatchObject({ name: 'BesedaError', reason: ErrorReason.UNAVAILABLE, cause: expect.any(Error) })
})

test('so is a call that its signal has ended, while it is sent or waits for the next try', async () => {
  const ended = { name: 'BesedaError', reason: ErrorReason.UNAVAILABLE, cause: new Error('enough') }
  const enough = AbortSignal.abort(ended.cause)
  expect(await failure(() => Promise.reject(enough.reason), enough)).toMatchObject(ended)
  const controller = new AbortController()
  const fetch = vi.fn(() => Promise.reject(new Error('away')))
  const waiting = failure(fetch, controller.signal, 60_000)
  await expect.poll(() => fetch.mock.calls.length).toBeGreaterThan(0)
  controller.abort(ended.cause)
  expect(await waiting).toMatchObject(ended)
})

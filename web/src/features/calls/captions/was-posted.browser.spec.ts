import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import { wasPosted } from './was-posted.js'

const refusal = (reason: ErrorReason, code: Code) =>
  new ConnectError('', code, undefined, [{ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason }) }])
const waiting = { id: 'waits', userId: 'ann', groupId: 'g', text: '', createdAt: 1 }
const parts = (...known: string[]) => ({
  outgoing: () => [waiting],
  getMessage: async ({ messageId }: { readonly messageId: string }) => {
    if (!known.includes(messageId)) throw refusal(ErrorReason.MESSAGE_NOT_FOUND, Code.NotFound)
  },
})

test('what waits here or is in the conversation was posted before', async () => {
  const asked = ['waits', 'there', 'never'].map((id) => wasPosted('g', id, parts('there')))
  expect(await Promise.all(asked)).toEqual([true, true, false])
})

test('a server that does not say leaves it open', async () => {
  const getMessage = async () => {
    throw refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)
  }
  await expect(wasPosted('g', 'never', { ...parts(), getMessage })).rejects.toThrow()
})

import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { type User, UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test, vi } from 'vitest'
import { shallowRef } from 'vue'
import { useAdding } from './use-adding.js'

vi.mock('../../i18n/index.js', () => ({ seldomWords: async () => undefined }))

const person = (id: string) => create(UserSchema, { id, displayName: id })
const refusal = (reason: ErrorReason, metadata: Record<string, string>) =>
  new ConnectError('no', Code.PermissionDenied, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, metadata }) },
  ])
const idsOf = (people: readonly User[]) => people.map(({ id }) => id)

test('whoever may not be added leaves the choice; another try adds the others', async () => {
  const chosen = shallowRef(['ann', 'bob', 'eve'].map(person))
  const { refused, add, forget } = useAdding(chosen)
  const refuse = () => Promise.reject(refusal(ErrorReason.NOT_ADDABLE, { user_id: 'ann', user_ids: 'ann,eve' }))
  expect(await add(refuse)).toBeUndefined()
  expect([idsOf(chosen.value), idsOf(refused.value)]).toEqual([['bob'], ['ann', 'eve']])
  expect(await add(async () => 'added')).toBe('added')
  forget()
  expect(refused.value).toEqual([])
})

test('every other refusal is told as it is, and so is one of people whom nobody has chosen', async () => {
  const chosen = shallowRef([person('ann')])
  const { refused, add } = useAdding(chosen)
  for (const error of [
    refusal(ErrorReason.GROUP_FULL, {}),
    refusal(ErrorReason.NOT_ADDABLE, { user_id: 'zoe' }),
    new Error('broken'),
  ]) {
    await expect(add(() => Promise.reject(error))).rejects.toBe(error)
  }
  expect([idsOf(chosen.value), refused.value]).toEqual([['ann'], []])
})

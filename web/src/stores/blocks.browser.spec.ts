import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { ListBlockedResponseSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { identity } from '../net/index.js'
import { useBlocks } from './blocks.js'
import { openedPage, signedIn } from './testing.js'

let page: ReturnType<typeof openedPage>
const blockEvent = (userId: string, blocked: boolean) =>
  create(UserEventSchema, { event: { case: 'block', value: { userId, blocked } } })
const listOf = (...userIds: string[]) => create(ListBlockedResponseSchema, { userIds })

beforeEach(() => {
  localStorage.clear()
  page = openedPage()
})
afterEach(() => vi.restoreAllMocks())

test('who is blocked or unblocked on another device is so here at once', () => {
  const blocks = useBlocks()
  page.says('userEvent', blockEvent('bob', true))
  page.says('userEvent', blockEvent('eve', true))
  page.says('userEvent', blockEvent('eve', true))
  page.says('userEvent', blockEvent('bob', false))
  expect([...blocks.blocked]).toEqual(['eve'])
})

test('a list that was asked for before the change does not undo it', async () => {
  const asked = vi.spyOn(identity, 'listBlocked')
  const answer = Promise.withResolvers<ReturnType<typeof listOf>>()
  asked.mockReturnValueOnce(answer.promise).mockResolvedValueOnce(listOf('bob'))
  const blocks = useBlocks()
  const loaded = blocks.load()
  page.says('userEvent', blockEvent('bob', true))
  answer.resolve(listOf())
  await loaded
  expect([[...blocks.blocked], asked.mock.calls.length]).toEqual([['bob'], 2])
})

test('the list is known at the next start before the server answers, and only to its person', async () => {
  vi.spyOn(identity, 'listBlocked').mockResolvedValue(listOf('bob'))
  await useBlocks().load()
  openedPage()
  expect([...useBlocks().blocked]).toEqual(['bob'])
  openedPage()
  signedIn('eve')
  expect([...useBlocks().blocked]).toEqual([])
})

import { ReadySchema } from '@beseda/proto/gateway/v1/frames'
import {
  ListMyNoticesResponseSchema,
  NoticeKind,
  type NoticeSchema,
  ResolveJoinRequestResponseSchema,
} from '@beseda/proto/membership/v1/membership_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { membership } from '../net/index.js'
import { useNotices } from './notices.js'
import { openedPage, signedIn } from './testing.js'

let page: ReturnType<typeof openedPage>
const removed = (groupId: string, seq: bigint) => ({ groupId, seq, kind: NoticeKind.REMOVED })
const listOf = (...notices: MessageInitShape<typeof NoticeSchema>[]) => create(ListMyNoticesResponseSchema, { notices })
const ids = (all: readonly { groupId: string; seq: bigint }[]) => all.map(({ groupId, seq }) => `${groupId}${seq}`)

beforeEach(() => {
  localStorage.clear()
  page = openedPage()
})
afterEach(() => vi.restoreAllMocks())

function answers(...lists: ReturnType<typeof listOf>[]) {
  const asked = vi.spyOn(membership, 'listMyNotices')
  for (const list of lists) asked.mockResolvedValueOnce(list)
  return asked
}

test('what was there at the start is not new; what comes later is, also another notice of the same group', async () => {
  answers(listOf(removed('g', 1n)), listOf(removed('g', 4n), removed('h', 2n)), listOf(removed('h', 2n)))
  const notices = useNotices()
  expect(ids(await notices.load())).toEqual([])
  expect(ids(await notices.load())).toEqual(['g4', 'h2'])
  expect(ids(await notices.load())).toEqual([])
  expect(ids(notices.shown)).toEqual(['h2'])
})

test('one request follows another, each asks for what its event says, and a failed one does not stop the next', async () => {
  const asked = vi.spyOn(membership, 'listMyNotices')
  const first = Promise.withResolvers<ReturnType<typeof listOf>>()
  asked.mockReturnValueOnce(first.promise).mockResolvedValueOnce(listOf(removed('g', 7n)))
  const notices = useNotices()
  const failed = notices.load().catch(() => 'failed')
  const loaded = notices.load({ groupId: 'g', seq: 7n })
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1))
  first.reject(new Error('no network'))
  expect(await failed).toBe('failed')
  await loaded
  expect(asked.mock.calls.map(([request]) => request)).toEqual([{}, { minSeqGroupId: 'g', minSeq: 7n }])
  expect(ids(notices.shown)).toEqual(['g7'])
})

test('what was put away stays so over a reload, until there is news of the same group', async () => {
  answers(listOf(removed('g', 1n), removed('h', 2n)))
  const notices = useNotices()
  await notices.load()
  notices.dismiss(notices.shown[0]!)
  expect(ids(notices.shown)).toEqual(['h2'])
  openedPage()
  answers(listOf(removed('g', 1n), removed('h', 2n)), listOf(removed('g', 9n), removed('h', 2n)))
  const again = useNotices()
  await again.load()
  expect(ids(again.shown)).toEqual(['h2'])
  await again.load()
  expect(ids(again.shown)).toEqual(['g9', 'h2'])
})

test('another person in the same browser sees neither those of the first nor what they put away', async () => {
  answers(listOf(removed('g', 1n)))
  const notices = useNotices()
  await notices.load()
  notices.dismiss(notices.shown[0]!)
  signedIn('eve')
  page.says('ready', create(ReadySchema, { userId: 'ann' }))
  expect(notices.all).toBeUndefined()
  answers(listOf(removed('g', 1n)))
  await notices.load()
  expect(ids(notices.shown)).toEqual(['g1'])
})

test('a request to join that was taken back is gone once the server has taken it back', async () => {
  answers(listOf({ groupId: 'g', seq: 1n, kind: NoticeKind.REQUESTED }))
  const resolve = vi.spyOn(membership, 'resolveJoinRequest').mockRejectedValueOnce(new Error('no network'))
  const notices = useNotices()
  await notices.load()
  await notices.withdraw('g').catch(() => undefined)
  expect(ids(notices.shown)).toEqual(['g1'])
  resolve.mockResolvedValueOnce(create(ResolveJoinRequestResponseSchema))
  await notices.withdraw('g')
  expect(ids(notices.shown)).toEqual([])
  expect(resolve.mock.lastCall?.[0]).toMatchObject({ groupId: 'g', userId: 'ann', approve: false })
})

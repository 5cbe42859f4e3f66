import { ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { allWords } from '../../../i18n/index.js'
import { groups } from '../../../net/index.js'
import { useChat } from '../../../stores/chat.js'
import { openedPage } from '../../../stores/testing.js'
import { type ChatMessage, type Conversation, NOTHING_READ } from '../../../sync/model/model.js'
import { toasts } from '../../../ui/feedback/toasts.js'
import { markUnread } from './mark-unread.js'

beforeAll(allWords)
beforeEach(() => {
  openedPage()
  toasts.value = []
})
const CONVERSATION = { id: 'g', read: NOTHING_READ } as Conversation
const MESSAGE = { seq: 5, index: 2 } as ChatMessage

function answers(...states: { backs: number; readSeq: bigint; readIndex?: number; markedUnread?: boolean }[]) {
  const asked = vi.spyOn(groups, 'markUnread')
  for (const state of states) {
    const whole = create(ReadStateSchema, { groupId: 'g', markedUnread: true, ...state })
    asked.mockResolvedValueOnce({ state: whole } as Awaited<ReturnType<typeof groups.markUnread>>)
  }
  const settled = vi.spyOn(useChat(), 'settleRead').mockImplementation(() => undefined)
  return { asked, settled, backs: () => asked.mock.calls.map(([request]) => request.backs) }
}
const told = () => vi.waitFor(() => expect(toasts.value.map(({ text }) => text)).toEqual(['Marked as unread']))

test('the answer is taken, and the person is told', async () => {
  const { asked, settled } = answers({ backs: 1, readSeq: 5n, readIndex: 1 })
  markUnread(CONVERSATION, MESSAGE)
  await told()
  expect(asked).toHaveBeenCalledExactlyOnceWith({ groupId: 'g', seq: 5n, index: 2, backs: 0 })
  expect(settled).toHaveBeenCalledOnce()
})

test('the server hears first how far it was read here', async () => {
  const { asked } = answers({ backs: 1, readSeq: 5n, readIndex: 1 })
  const told = Promise.withResolvers<void>()
  vi.spyOn(useChat(), 'tellRead').mockReturnValue(told.promise)
  markUnread(CONVERSATION, MESSAGE)
  await Promise.resolve()
  expect(asked).not.toHaveBeenCalled()
  told.resolve()
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce())
})

test('if another device was first, it is asked for once more', async () => {
  const { settled, backs } = answers({ backs: 3, readSeq: 9n }, { backs: 4, readSeq: 5n, readIndex: 1 })
  markUnread(CONVERSATION, MESSAGE)
  await told()
  expect([backs(), settled.mock.calls.length]).toEqual([[0, 3], 2])
})

test('a conversation is marked without a message, however far it is read', async () => {
  const { backs } = answers({ backs: 1, readSeq: 9n })
  markUnread(CONVERSATION)
  await told()
  expect(backs()).toEqual([0])
})

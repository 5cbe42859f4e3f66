import { ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { beforeEach, expect, test, vi } from 'vitest'
import type { ChatApi } from './chat-api.js'
import { type Conversation, NOTHING_READ } from './model/model.js'
import { readMarksOf } from './read-marks.js'

const server = { markRead: vi.fn(), listReadStates: vi.fn() }
beforeEach(() => void vi.clearAllMocks())

/** Read here up to 7, as far as this device knows. */
function marksOf(read: Conversation['read']) {
  const seqs = { group: 1, roster: 1, messages: 7, calls: 0 }
  const conversations = new Map([['g', { id: 'g', seqs, read, hidden: 0 } as unknown as Conversation]])
  const marks = readMarksOf(
    server as unknown as ChatApi['groups'],
    conversations,
    (groupId, make) => void conversations.set(groupId, make(conversations.get(groupId) as Conversation)),
    async () => undefined,
  )
  return { marks, read: () => conversations.get('g')?.read }
}
const READ = { ...NOTHING_READ, seq: 7, index: 0xffff }
const serverHas = (readSeq: number, unread: number) =>
  server.listReadStates.mockResolvedValue({
    states: [create(ReadStateSchema, { groupId: 'g', readSeq: BigInt(readSeq), unread, messagesSeq: 7n })],
  })

test('a marker set while offline is sent on the next connection', async () => {
  server.markRead.mockResolvedValue({})
  serverHas(3, 4)
  const { marks, read } = marksOf(READ)
  await marks.refresh()
  expect(server.markRead).toHaveBeenCalledExactlyOnceWith({ groupId: 'g', threadId: '', seq: 7n, index: 0xffff })
  expect(read()).toEqual(READ)
})

test('a marker that the server has is not sent again', async () => {
  serverHas(7, 0)
  const { marks } = marksOf(READ)
  await marks.refresh()
  // A marker that is behind only by commits without messages.
  serverHas(6, 0)
  await marks.refresh()
  expect(server.markRead).not.toHaveBeenCalled()
})

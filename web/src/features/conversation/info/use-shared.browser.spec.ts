import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { MessageDeletedSchema } from '@beseda/proto/group/v1/events'
import { Contents, MessageSchema, SearchMessagesResponseSchema } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp } from 'vue'
import { groups } from '../../../net/index.js'
import { useBlocks } from '../../../stores/blocks.js'
import { openedPage } from '../../../stores/testing.js'
import { useShared } from './use-shared.js'

afterEach(() => vi.restoreAllMocks())

test('what is shared has nothing of somebody who is blocked, nor what is deleted meanwhile', async () => {
  const page = openedPage()
  const messages = [
    { id: 'm1', authorId: 'bob' },
    { id: 'm2', authorId: 'eve' },
    { id: 'm3', authorId: 'bob', forwarded: { authorId: 'eve' } },
    { id: 'm4', authorId: 'bob' },
  ].map((message) => create(MessageSchema, message))
  vi.spyOn(groups, 'searchMessages').mockResolvedValue(create(SearchMessagesResponseSchema, { messages }))
  useBlocks().blocked = new Set(['eve'])
  let shared: ReturnType<typeof useShared> | undefined
  const app = createApp({
    setup() {
      shared = useShared('g', Contents.PICTURE)
      return () => undefined
    },
  })
  app.mount(document.createElement('div'))
  const ids = () => shared?.messages.value?.map(({ id }) => id)
  await expect.poll(ids).toEqual(['m1', 'm4'])
  const event = create(EventSchema, {
    body: { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId: 'm1' }) },
  })
  const commit = toBinary(CommitSchema, create(CommitSchema, { events: [event] }))
  page.says('commit', create(FrameSchema, { groupId: 'g', commit }))
  expect(ids()).toEqual(['m4'])
  app.unmount()
})

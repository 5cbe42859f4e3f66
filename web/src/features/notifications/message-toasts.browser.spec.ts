import { GroupKind } from '@beseda/proto/group/v1/events'
import { afterEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { openedPage } from '../../stores/testing.js'
import type { Conversation } from '../../sync/model/model.js'
import { toasts } from '../../ui/feedback/toasts.js'
import { messageToasts } from './message-toasts.js'

let stop: () => void = () => undefined
afterEach(() => stop())

test('a toast leads to its conversation, and to what was said in a thread', async () => {
  openedPage()
  const component = { render: () => undefined }
  const routes = [
    { path: '/', component },
    { path: '/c/:groupId', name: 'conversation', component },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  const told = messageToasts(router)
  stop = told.stop
  const group = { id: 'g', kind: GroupKind.GROUP, name: 'Club', peerId: '', avatarFileId: '' } as Conversation
  const placeAfter = async (threadId: string) => {
    await router.push('/')
    told.show(group, { id: 'm', author: 'Bob', text: 'hi', threadId })
    toasts.value.at(-1)?.action?.run()
    await expect.poll(() => router.currentRoute.value.fullPath).not.toBe('/')
    return router.currentRoute.value.fullPath
  }
  expect(await placeAfter('')).toBe('/c/g')
  expect(await placeAfter('t')).toBe('/c/g?m=m')
})

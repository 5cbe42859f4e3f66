import { expect, test, vi } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import { useChat } from '../../../stores/chat.js'
import { openedPage } from '../../../stores/testing.js'
import { type Conversation, NOTHING_READ, type ReadMark } from '../../../sync/model/model.js'
import { useReadLine } from './use-read-line.js'

/** A conversation that is open at its end. */
function opened(read: Partial<ReadMark>) {
  openedPage()
  const marked = vi.spyOn(useChat(), 'markRead').mockImplementation(() => undefined)
  const shown = shallowRef({ id: 'g', read: { ...NOTHING_READ, ...read } } as Conversation)
  const scope = effectScope()
  const line = scope.run(() =>
    useReadLine(
      () => shown.value,
      () => true,
    ),
  )
  const change = async (next: Partial<ReadMark>) => {
    shown.value = { ...shown.value, read: { ...shown.value.read, ...next } }
    await nextTick()
  }
  return { marked, change, line, stop: () => scope.stop() }
}

test('what arrives at the end of a visible conversation is read', async () => {
  const { marked, change, stop } = opened({})
  await change({ unread: 1 })
  expect(marked).toHaveBeenCalledExactlyOnceWith('g')
  stop()
})

test('marked as unread while it is open, it stays unread, with a line before it, until the person says that it is read', async () => {
  const { marked, change, line, stop } = opened({ seq: 9 })
  await change({ seq: 4, unread: 2, backs: 1, markedUnread: true })
  line?.read()
  await change({ unread: 3 })
  expect(marked).not.toHaveBeenCalled()
  expect(line?.line.value).toMatchObject({ seq: 4 })
  // Read, here by a click or on another device: what arrives is seen again.
  await change({ seq: 9, unread: 0, markedUnread: false })
  await change({ unread: 1 })
  expect(marked).toHaveBeenCalledOnce()
  stop()
})

test('opened anew, what was marked as unread is read', () => {
  const { marked, line, stop } = opened({ seq: 4, unread: 2, backs: 1, markedUnread: true })
  line?.read()
  expect(marked).toHaveBeenCalledOnce()
  stop()
})

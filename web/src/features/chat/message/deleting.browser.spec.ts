import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { allWords } from '../../../i18n/index.js'
import { identity } from '../../../net/index.js'
import { useHiddenMessages } from '../../../stores/hidden-messages.js'
import { openedPage } from '../../../stores/testing.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { toasts } from '../../../ui/feedback/toasts.js'
import { signOut } from '../../auth/leaving.js'
import { useDeleting } from './deleting.js'

beforeAll(allWords)
beforeEach(() => {
  openedPage()
  toasts.value = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

const SAID = ['one', 'two'].map((id) => ({ id, deleted: false }) as ChatMessage)
const idsOf = (messages: readonly ChatMessage[]) => messages.map(({ id }) => id)
const undo = () => toasts.value.at(-1)?.action?.run()

test('a message is hidden at once and deleted after five seconds, not before', async () => {
  const deleting = useDeleting()
  const work = vi.fn(async () => undefined)
  deleting.later(['one'], work)
  expect(idsOf(useHiddenMessages().shown(SAID))).toEqual(['two'])
  await vi.advanceTimersByTimeAsync(4_999)
  expect(work).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(work).toHaveBeenCalledOnce()
  expect([idsOf(useHiddenMessages().shown(SAID)), toasts.value]).toEqual([['two'], []])
})

test('undone, it is there again, and never deleted', async () => {
  const deleting = useDeleting()
  const work = vi.fn(async () => undefined)
  deleting.later(['one'], work)
  undo()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([idsOf(useHiddenMessages().shown(SAID)), work.mock.calls, toasts.value]).toEqual([['one', 'two'], [], []])
})

test('one that could not be deleted is shown again, with the reason', async () => {
  const deleting = useDeleting()
  deleting.later(['one'], async () => {
    throw new TypeError('no network')
  })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(idsOf(useHiddenMessages().shown(SAID))).toEqual(['one', 'two'])
  expect(toasts.value.at(-1)?.tone).toBe('danger')
})

test('a page that is closed deletes first', () => {
  const work = vi.fn(async () => undefined)
  useDeleting().later(['one'], work)
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }))
  expect(work).toHaveBeenCalledOnce()
})

test('whoever signs out deletes first, while the session still works', async () => {
  const deleted = Promise.withResolvers<void>()
  useDeleting().later(['one'], () => deleted.promise)
  const leaving = vi.spyOn(identity, 'signOut').mockRejectedValue(new TypeError('no network'))
  const gone = signOut()
  await vi.advanceTimersByTimeAsync(1)
  expect([toasts.value, leaving.mock.calls]).toEqual([[], []])
  deleted.resolve()
  await vi.advanceTimersByTimeAsync(10_000)
  await gone
  expect(leaving).toHaveBeenCalledOnce()
})

test('the head of a thread that is deleted is shown as deleted', () => {
  const deleting = useDeleting()
  deleting.later(['one'], async () => undefined)
  expect(idsOf(useHiddenMessages().shown([{ id: 'one', deleted: true } as ChatMessage]))).toEqual(['one'])
})

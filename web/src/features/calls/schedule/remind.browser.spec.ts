import { CallRemindedSchema } from '@beseda/proto/notify/v1/notify_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords } from '../../../i18n/index.js'
import { useNotifications } from '../../../stores/notifications.js'
import { openedPage } from '../../../stores/testing.js'
import { dismissToast, toasts } from '../../../ui/feedback/toasts.js'
import * as sound from '../../notifications/sound.js'
import { remind } from './remind.js'

vi.mock('../../notifications/sound.js', { spy: true })
beforeAll(() => allWords())
afterEach(() => {
  for (const { id } of toasts.value) dismissToast(id)
  vi.mocked(sound.playNotice).mockClear()
})

const component = { render: () => undefined }
const open = () => {
  openedPage()
  const routes = [
    { path: '/', component },
    { path: '/g/:groupId/call/:call', component },
  ]
  return createRouter({ history: createMemoryHistory(), routes })
}
const reminded = (startsAt: number) =>
  create(CallRemindedSchema, {
    ...{ groupId: 'g', scheduleId: 's', title: 'Training', startsAt: timestampFromMs(startsAt) },
  })

test('a reminder says when the call begins, stays until then, and leads to it; a repeat takes its place', async () => {
  const router = open()
  const startsAt = Date.now() + 600_000
  remind(router, reminded(startsAt))
  remind(router, reminded(startsAt))
  await expect.poll(() => toasts.value).toHaveLength(1)
  const [shown] = toasts.value
  expect(shown?.title).toContain('Training')
  expect(shown?.text).toMatch(/^Begins at \d/)
  expect(shown?.ms).toBeGreaterThan(590_000)
  shown?.action?.run()
  await expect.poll(() => router.currentRoute.value.fullPath).toBe('/g/g/call/s')
  await expect.poll(() => vi.mocked(sound.playNotice).mock.calls).toHaveLength(1)
})

test('whoever wants neither sounds nor notices in the page gets none', async () => {
  const router = open()
  const preferences = useNotifications()
  ;[preferences.sound, preferences.inPage] = [false, false]
  remind(router, reminded(Date.now() + 60_000))
  ;[preferences.sound, preferences.inPage] = [true, true]
  remind(router, reminded(Date.now() + 120_000))
  await expect.poll(() => toasts.value).toHaveLength(1)
  await expect.poll(() => vi.mocked(sound.playNotice).mock.calls).toHaveLength(1)
})

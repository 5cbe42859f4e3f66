import { AttendanceAnsweredSchema, CallJoinedSchema } from '@beseda/proto/call/v1/events'
import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { ListScheduleResponseSchema } from '@beseda/proto/group/v1/schedule_service'
import { CommitSchema, type Event, Lane } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, reactive } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { schedule } from '../../../net/index.js'
import { openedPage } from '../../../stores/testing.js'
import type { Conversation } from '../../../sync/model/model.js'
import UpcomingCall from './UpcomingCall.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

const frame = (seq: number, body: Event['body'], lane = Lane.CALLS) =>
  create(FrameSchema, {
    ...{ groupId: 'g', lane, seq: BigInt(seq) },
    commit: toBinary(CommitSchema, create(CommitSchema, { events: [{ body }] })),
  })

test('what happens in calls asks for no schedule, and each change of one asks once', async () => {
  const page = openedPage()
  const list = vi.spyOn(schedule, 'listSchedule').mockImplementation(async () => create(ListScheduleResponseSchema))
  const conversation = reactive({ id: 'g', seqs: { calls: 3 } }) as Conversation
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/', component: { render: () => undefined } }],
  })
  await router.push('/')
  const place = document.createElement('div')
  const app = createApp({ render: () => h(UpcomingCall, { conversation }) })
  app.use(router).mount(place)
  unmount = () => app.unmount()
  const asked = () => list.mock.calls.map(([{ minSeq }]) => Number(minSeq))
  const happens = async (seq: number, body: Event['body']) => {
    page.says('commit', frame(seq, body))
    Object.assign(conversation.seqs, { calls: seq })
    await nextTick()
  }
  await expect.poll(asked).toEqual([3])
  await happens(4, { case: 'callJoined', value: create(CallJoinedSchema) })
  await happens(5, { case: 'callJoined', value: create(CallJoinedSchema) })
  expect(asked()).toEqual([3])
  await happens(6, { case: 'attendanceAnswered', value: create(AttendanceAnsweredSchema) })
  await expect.poll(asked).toEqual([3, 6])
  await happens(7, { case: 'callJoined', value: create(CallJoinedSchema) })
  expect(asked()).toEqual([3, 6])
  // A state of the group that came without its commits.
  Object.assign(conversation.seqs, { calls: 90 })
  await expect.poll(asked).toEqual([3, 6, 90])
})

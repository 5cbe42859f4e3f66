import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import {
  Attendance,
  AttendanceAnsweredSchema,
  CallEndReason,
  CallScheduledSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test, vi } from 'vitest'
import { deviceOf } from '../../../../testing/calls.js'
import { close, join, start } from '../../domain/call.js'
import type { CallChange } from '../../domain/call-change.js'
import { EventStoreCallLog } from './call-log.js'

const NOW = Date.UTC(2026, 0, 1)
const groupId = newId()
const wanted = {
  commandId: 'asked',
  groupId,
  direct: false,
  room: false,
  video: false,
  inviteeIds: [],
  busyIds: [],
  ringMs: 45_000,
  limits: { mesh: 10, most: 10 },
}
const begin = (id: string) => start(undefined, { ...wanted, id }, deviceOf('ann'), NOW)
const cases = (commits: Awaited<ReturnType<EventStoreCallLog['unfinished']>>) =>
  commits.flatMap(({ events }) => events.map(({ body }) => body.case))

function world() {
  const store = new MemoryEventStore()
  const log = new EventStoreCallLog(store, 1)
  const write = ({ session, events }: CallChange) => log.append(groupId, log.encode(session, events, NOW))
  return { store, log, write }
}

test('a group without calls, and one whose last call has ended, have none that is unfinished', async () => {
  const { log, write } = world()
  expect(await log.unfinished(groupId)).toEqual([])
  const started = begin('c')
  await write(started)
  expect(cases(await log.unfinished(groupId))).toEqual(['callStarted', 'callJoined'])
  await write(close(started.session, CallEndReason.HANG_UP, NOW))
  expect(await log.unfinished(groupId)).toEqual([])
})

test('the last call is read from its start, without those before', async () => {
  const { log, write } = world()
  const first = begin('first')
  await write(first)
  await write(close(first.session, CallEndReason.HANG_UP, NOW))
  const second = begin('second')
  await write(second)
  await write(join(second.session, 'second', deviceOf('bob'), { move: false }, NOW))
  const commits = await log.unfinished(groupId)
  expect(cases(commits)).toEqual(['callStarted', 'callJoined', 'callJoined'])
  expect(commits.map(({ id }) => id)).toEqual(['second.1', 'second.2'])
})

test('a start far back in a busy stream is found', async () => {
  const { store, log, write } = world()
  const started = begin('c')
  await write(started)
  const other = historySubject(0, newId(), 'messages')
  for (let i = 0; i < 3_000; i++) {
    const value = create(MessagePostedSchema, { messageId: newId(), authorId: 'ann', text: 'hi' })
    const command = { commandId: newId(), actorId: 'ann', now: new Date(NOW) }
    const commit = commandCommit(command, [{ case: 'messagePosted', value }])
    await store.append({ stream: historyStream(0), subject: other, commit })
  }
  await write(join(started.session, 'c', deviceOf('bob'), { move: false }, NOW))
  expect(cases(await log.unfinished(groupId))).toEqual(['callStarted', 'callJoined', 'callJoined'])
})

test('a lane whose start was never written has no unfinished call', async () => {
  const { log, write } = world()
  const started = begin('c')
  await write(join(started.session, 'c', deviceOf('bob'), { move: false }, NOW))
  expect(await log.unfinished(groupId)).toEqual([])
})

test('a commit that is the newest of the lane already is not appended again', async () => {
  const { store, log, write } = world()
  await write(begin('c'))
  await write(begin('c'))
  expect((await store.info(historyStream(0))).lastSeq).toBe(1)
  expect(cases(await log.unfinished(groupId))).toHaveLength(2)
})

test('what was scheduled meanwhile neither hides a commit that is written, nor is it a call', async () => {
  const { store, log, write } = world()
  const schedule = () => {
    const commit = commandCommit({ commandId: newId(), actorId: 'ann', now: new Date(NOW) }, [
      { case: 'callScheduled', value: create(CallScheduledSchema, { scheduleId: 's' }) },
    ])
    return store.append({ stream: historyStream(0), subject: historySubject(0, groupId, 'calls'), commit })
  }
  await schedule()
  expect(cases(await log.unfinished(groupId))).toEqual([])
  await write(begin('c'))
  await schedule()
  await schedule()
  // The log itself knows ids for two minutes only.
  store.forget()
  await write(begin('c'))
  expect((await store.info(historyStream(0))).lastSeq).toBe(4)
  expect(cases(await log.unfinished(groupId)).slice(0, 2)).toEqual(['callStarted', 'callJoined'])
})

test('answers that were given for hours do not make a group read back to its last call', async () => {
  const { store, log, write } = world()
  const started = begin('c')
  await write(started)
  const answers = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const value = create(AttendanceAnsweredSchema, { scheduleId: 's', userId: 'ann', attendance: Attendance.YES })
      const commit = commandCommit({ commandId: newId(), actorId: 'ann', now: new Date(NOW) }, [
        { case: 'attendanceAnswered', value },
      ])
      await store.append({ stream: historyStream(0), subject: historySubject(0, groupId, 'calls'), commit })
    }
  }
  await answers(2_500)
  await write(close(started.session, CallEndReason.HANG_UP, NOW))
  await answers(1)
  const read = vi.spyOn(store, 'read')
  expect(await log.unfinished(groupId)).toEqual([])
  const searches = read.mock.calls.filter(([, { afterSeq }]) => afterSeq < 500)
  expect(searches).toEqual([])
  read.mockClear()
  await write(close(started.session, CallEndReason.HANG_UP, NOW))
  expect(read.mock.calls).toHaveLength(1)
  expect((await read.mock.results[0]?.value)?.length).toBeLessThan(50)
})

test('writers at once append both commits, one after the other', async () => {
  const { store, log } = world()
  const value = create(CallStartedSchema, { callId: 'c', callerId: 'ann' })
  const started = begin('c').session
  const entries = [1, 2].map((revision) => log.encode({ ...started, revision }, [{ case: 'callStarted', value }], NOW))
  await Promise.all(entries.map((entry) => log.append(groupId, entry)))
  expect((await store.info(historyStream(0))).lastSeq).toBe(2)
})

import { decodeCommit, encodeCommit, SqliteView } from '@beseda/event-log'
import type { LogEntry } from '@beseda/event-log/testing'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { eventOf, type ScheduleCommand } from '../../domain/schedule.js'
import { termsOf } from '../../domain/testing.js'
import { SqliteScheduleStore } from './schedule-store.js'

const schedule = (durationMin: number): ScheduleCommand => ({
  ...{ type: 'Schedule', scheduleId: 's', terms: termsOf({ title: 'Secret plan', durationMin }) },
})

test('a repeat of a command is known by its content, of which nothing is kept when the call is called off', () => {
  const view = SqliteView.open(':memory:', historyView)
  onTestFinished(() => view.close())
  const commands = [schedule(30), { type: 'Unschedule', scheduleId: 's' } as const]
  const kind = GroupKind.GROUP
  const founded = create(GroupCreatedSchema, { kind, name: 'x', ownerId: 'ann', memberIds: ['ann'] })
  const apply = ({ stream, subject, commit }: LogEntry, seq: number) =>
    view.applyBatch(stream, 'epoch', [decodeCommit(stream, subject, seq, encodeCommit(commit))])
  apply(laneEntry('g', 'group', [{ case: 'groupCreated', value: founded }]), 1)
  for (const [i, command] of commands.entries()) {
    const entry = laneEntry('g', 'calls', [eventOf(command, 'ann')], { at: i + 2 })
    const { commit } = entry
    apply(entry, i + 2)
    const done = new SqliteScheduleStore({ view }).result(commit.id)
    expect(done).toMatchObject({ groupId: 'g', seq: i + 2, actorId: 'ann' })
    expect(done?.wrote(eventOf(command, 'ann'))).toBe(true)
    expect(done?.wrote(eventOf(schedule(45), 'ann'))).toBe(false)
  }
  const kept = ['schedule', 'schedule_command'].flatMap((table) => view.all<object>(`SELECT * FROM ${table}`))
  const bytes = kept.flatMap((row) => Object.values(row).map((value) => Buffer.from(String(value)).toString()))
  const blobs = kept.flatMap((row) => Object.values(row).filter((value) => value instanceof Uint8Array))
  expect(kept).toHaveLength(2)
  for (const text of [...bytes, ...blobs.map((blob) => Buffer.from(blob).toString())])
    expect(text).not.toContain('Secret')
})

import { commandCommit, type EventBody, type EventStore, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import {
  blockSubject,
  historyStream,
  historySubject,
  type LaneName,
  PEOPLE_STREAM,
  personalStream,
  RETENTION_STREAM,
} from '@beseda/proto'
import type { GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { GroupCreatedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Scheduler } from 'fast-check'
import { onTestFinished } from 'vitest'
import { historyView } from '../group/src/view/history-view.js'
import { groupParts, type Substitutes } from './group-parts.js'
import { replica } from './scheduled.js'

const STREAM = historyStream(0)
export const GROUP_STREAMS = [STREAM, personalStream(0), PEOPLE_STREAM, RETENTION_STREAM]

/** The group service on a log in memory, and what other services write into that log. */
export async function groupWorld(substitutes: Substitutes = {}, store = new MemoryEventStore(), s?: Scheduler) {
  const { history, projection, stop } = await replica(store, GROUP_STREAMS, historyView, s)
  if (!s) onTestFinished(() => stop())
  const parts = groupParts(history, projection, substitutes)
  const { write, ...written } = logWriter(store)
  const settle = async (stream: string, seq: number) => {
    await projection.waitFor(stream, seq)
    return seq
  }
  return {
    ...parts,
    ...written,
    store,
    history,
    projection,
    stop,
    /** Writes an event past the service, and waits until the view has it. */
    async write(groupId: string, lane: LaneName, body: EventBody, actorId = 'ann'): Promise<number> {
      return settle(STREAM, await write(STREAM, historySubject(0, groupId, lane), body, actorId))
    },
    async block(userId: string, otherId: string): Promise<number> {
      const body: EventBody = { case: 'blockChanged', value: create(BlockChangedSchema, { blocked: true }) }
      return settle(PEOPLE_STREAM, await write(PEOPLE_STREAM, blockSubject(userId, otherId), body, userId))
    },
    /** The commits of a lane, as the log has them. */
    commits: (groupId: string, lane: LaneName) =>
      store.read(STREAM, { afterSeq: 0, filter: historySubject(0, groupId, lane), limit: 1_000 }),
  }
}

/** Writes events into the log as other services do. */
export function logWriter(store: EventStore) {
  const write = async (stream: string, subject: string, body: EventBody, actorId: string): Promise<number> => {
    const commit = commandCommit({ commandId: newId(), actorId, now: new Date(0) }, [body])
    const result = await store.append({ stream, subject, commit })
    if (result.kind !== 'appended') throw new Error('an append without an expectation was refused')
    return result.seq
  }
  return {
    write,
    /** A group that somebody else has founded. */
    async found(memberIds: readonly string[], kind = GroupKind.GROUP): Promise<string> {
      const groupId = newId()
      const ownerId = kind === GroupKind.DIRECT ? '' : (memberIds[0] ?? '')
      const value = create(GroupCreatedSchema, { kind, name: 'Chess', ownerId, memberIds: [...memberIds] })
      await write(STREAM, historySubject(0, groupId, 'group'), { case: 'groupCreated', value }, ownerId)
      return groupId
    },
  }
}

export const settingsChanged = (settings: MessageInitShape<typeof GroupSettingsSchema>): EventBody => ({
  case: 'groupUpdated',
  value: create(GroupUpdatedSchema, { settings }),
})

import { commandCommit, type EventBody, MemoryEventStore } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import {
  blockSubject,
  goneSubject,
  historyStream,
  historySubject,
  type LaneName,
  PEOPLE_STREAM,
  privacySubject,
} from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import {
  BlockChangedSchema,
  PersonGoneSchema,
  PrivacyChangedSchema,
  type WhoMayAdd,
} from '@beseda/proto/identity/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { onTestFinished } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import { KeyedInviteCodes } from '../adapters/keyed-invite-codes.js'
import { SqliteInviteReader } from '../adapters/views/invite-reader.js'
import { SqliteMembershipReader } from '../adapters/views/membership-reader.js'
import { SqliteRosterStore } from '../adapters/views/roster-store.js'
import { rosterView } from '../adapters/views/roster-view.js'
import { foundedBody } from '../domain/roster/testing.js'
import { AddingQueries } from './adding-queries.js'
import { Invites } from './invites.js'
import { MembershipQueries } from './membership-queries.js'
import type { People } from './ports.js'
import { RosterCommands } from './roster-commands.js'

export const STREAM = historyStream(0)
const EVERYBODY: People = { unknown: async () => [], ownersOf: async () => new Map() }

/** Commands on the view of a history; every id belongs to somebody. */
export const commandsOn = (history: GroupHistory, people = EVERYBODY, changed = (_: readonly EventBody[]) => {}) =>
  new RosterCommands(
    history,
    new SqliteRosterStore(history.deps.projection),
    people,
    new SqliteMembershipReader(history.deps.projection),
    new AddingQueries(history, new SqliteMembershipReader(history.deps.projection), [STREAM]),
    {
      changed,
    },
  )

export const callerOf = (userId: string, now = new Date(0), commandId = newId()): Caller => ({
  commandId,
  userId,
  now,
  traceparent: undefined,
  signal: new AbortController().signal,
})

/** The application of one replica on a log in memory. Appends do not wait for its view, which lags until something waits for it. */
export async function openService({ store = new MemoryEventStore(), people = EVERYBODY } = {}) {
  const { history, projection, stop } = await replica(store, [STREAM, PEOPLE_STREAM], rosterView)
  onTestFinished(() => stop())
  const written: EventBody[] = []
  const commands = commandsOn(history, people, (events) => written.push(...events))
  const groups = new SqliteMembershipReader(projection)
  const queries = new MembershipQueries(history, groups, [STREAM])
  const codes = new KeyedInviteCodes(InstallationSecret.of(Buffer.alloc(32, 1)))
  const adding = new AddingQueries(history, groups, [STREAM])
  const reader = new SqliteInviteReader(projection)
  const invites = new Invites(history, commands, queries, reader, groups, codes, [STREAM])

  const append = async (stream: string, subject: string, body: EventBody, actorId: string, at: number) => {
    const commit = commandCommit({ commandId: newId(), actorId, now: new Date(at) }, [body])
    const result = await store.append({ stream, subject, commit })
    return result.kind === 'appended' ? result.seq : 0
  }
  const write = (groupId: string, lane: LaneName, body: EventBody, actorId = 'owner', at = 0) =>
    append(STREAM, historySubject(0, groupId, lane), body, actorId, at)
  return {
    store,
    commands,
    queries,
    invites,
    adding,
    codes,
    /** What commands have reported as written. */
    written,
    /** Resolves when the view has folded the whole log. */
    caughtUp: async () => {
      for (const stream of [STREAM, PEOPLE_STREAM]) await projection.waitFor(stream, (await store.info(stream)).lastSeq)
    },
    /** The id of a new group. */
    found: async (memberIds: readonly string[], update: MessageInitShape<typeof GroupUpdatedSchema> = {}) => {
      const groupId = newId()
      await write(groupId, 'group', foundedBody(memberIds))
      await write(groupId, 'group', { case: 'groupUpdated', value: create(GroupUpdatedSchema, update) })
      return groupId
    },
    write,
    deleteAccount: (userId: string) =>
      append(PEOPLE_STREAM, goneSubject(userId), { case: 'personGone', value: create(PersonGoneSchema) }, userId, 0),
    /** A group or chat without settings. */
    foundKind: async (memberIds: readonly string[], kind: GroupKind) => {
      const groupId = newId()
      const ownerId = kind === GroupKind.DIRECT ? '' : (memberIds[0] ?? '')
      const value = create(GroupCreatedSchema, { kind, name: 'x', ownerId, memberIds: [...memberIds] })
      await write(groupId, 'group', { case: 'groupCreated', value }, memberIds[0])
      return groupId
    },
    letAdd: (userId: string, whoMayAdd: WhoMayAdd) => {
      const value = create(PrivacyChangedSchema, { whoMayAdd })
      return append(PEOPLE_STREAM, privacySubject(userId), { case: 'privacyChanged', value }, userId, 0)
    },
    block: (userId: string, otherId: string) => {
      const value = create(BlockChangedSchema, { blocked: true })
      return append(PEOPLE_STREAM, blockSubject(userId, otherId), { case: 'blockChanged', value }, userId, 0)
    },
  }
}

export type Service = Awaited<ReturnType<typeof openService>>

import { type StoredCommit } from '@beseda/event-log'
import { checkViewLaw, type LogEntry, logOfCommands, type ViewLaw } from '@beseda/event-log/testing'
import {
  goneSubject,
  historyStream,
  historySubject,
  type LaneName,
  PEOPLE_STREAM,
  parseHistorySubject,
  parsePeopleSubject,
} from '@beseda/proto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { type EventBody, type RosterEvent, rosterEventsOf } from '../../domain/roster/changes.js'
import { rosterDecider } from '../../domain/roster/decide.js'
import type { Roster } from '../../domain/roster/roster.js'
import { anyCommand, by, foundedBody, groupEvent } from '../../domain/roster/testing.js'
import { loadRoster } from './roster-store.js'
import { rosterView } from './roster-view.js'

const GROUP = 'g'
const PEOPLE = 6

interface Written {
  readonly bodies: readonly EventBody[]
  readonly actorId: string
  readonly at: number
}

const entryOf = ({ bodies, actorId, at }: Written, lane: LaneName = 'roster', groupId = GROUP): LogEntry => ({
  stream: historyStream(0),
  subject: historySubject(0, groupId, lane),
  commit: create(CommitSchema, {
    id: `${groupId} ${at}`,
    time: timestampFromMs(at),
    events: bodies.map((body) => ({ commandId: `${groupId} ${at}`, actorId, body })),
  }),
})

const eventsOf = (stored: StoredCommit): RosterEvent[] => {
  const place = parseHistorySubject(stored.subject)
  return place?.groupId === GROUP && place.lane !== 'messages' ? rosterEventsOf(stored) : []
}

const person = fc.nat(PEOPLE - 1).map((n) => `u${n}`)
const founders = fc.uniqueArray(person, { minLength: 2 })
const founding = fc
  .tuple(founders, fc.constantFrom(GroupKind.GROUP, GroupKind.CHANNEL, GroupKind.DIRECT))
  .map(([memberIds, kind]) => [foundedBody(kind === GroupKind.DIRECT ? memberIds.slice(0, 2) : memberIds, kind)])

/** What the group service and deleted accounts do between the commands, and what happens in another group. */
const between = fc.oneof(
  groupEvent.map((body) => entryOf({ bodies: [body], actorId: 'u0', at: 7 }, 'group')),
  person.map((userId) => ({
    stream: PEOPLE_STREAM,
    subject: goneSubject(userId),
    commit: create(CommitSchema, {
      id: userId,
      events: [{ body: { case: 'personGone', value: create(PersonGoneSchema) } }],
    }),
  })),
  fc
    .tuple(founders, fc.constantFrom<LaneName>('group', 'roster'))
    .map(([memberIds, lane]) => entryOf({ bodies: [foundedBody(memberIds)], actorId: 'u0', at: 9 }, lane, 'other')),
)

/** A group is founded, and in every step somebody does something, or something happens to it. */
const histories = fc
  .tuple(founding, fc.array(fc.tuple(person, anyCommand(PEOPLE), fc.option(between, { freq: 5 })), { maxLength: 25 }))
  .map(([bodies, steps]) => {
    let log: readonly LogEntry[] = [entryOf({ bodies, actorId: 'u0', at: 1 }, 'group')]
    for (const [now, [actorId, command, more]] of steps.entries()) {
      const written = (decided: readonly EventBody[]) => entryOf({ bodies: decided, actorId, at: now + 2 })
      log = logOfCommands(rosterDecider, { start: log, eventsOf, entryOf: written }, [by(actorId, command, now)])
      if (more) log = [...log, more]
    }
    return log
  })

/** The roster, and whose accounts are deleted: the reasons of bans go with them (ADR 101). */
interface Known extends Roster {
  readonly gone: ReadonlySet<string>
}
type Happening = RosterEvent | { readonly gone: string }

const withoutReasons = (known: Known): Known => ({
  ...known,
  bans: new Map(
    [...known.bans].map(([userId, ban]) => {
      const isOfSomebodyGone = known.gone.has(userId) || known.gone.has(ban.bannedBy)
      return [userId, isOfSomebodyGone ? { ...ban, reason: '' } : ban]
    }),
  ),
})

const law: ViewLaw<Known, Happening> = {
  view: rosterView,
  decider: {
    initialState: { ...rosterDecider.initialState, gone: new Set() },
    evolve: (known, event) =>
      withoutReasons(
        'gone' in event
          ? { ...known, gone: new Set([...known.gone, event.gone]) }
          : { ...rosterDecider.evolve(known, event), gone: known.gone },
      ),
  },
  histories,
  eventsOf: (stored) => {
    const person = stored.stream === PEOPLE_STREAM ? parsePeopleSubject(stored.subject)?.userId : undefined
    return person === undefined ? eventsOf(stored) : [{ gone: person }]
  },
  load: (view) => {
    const gone = view.all<{ id: string }>('SELECT user_id AS id FROM deleted_account').map(({ id }) => id)
    return { ...loadRoster(view, GROUP).state, gone: new Set(gone) }
  },
  unordered: ['mutes', 'invites', 'bans', 'requests', 'gone'],
}

test('the view loads what the events of any history say', () => {
  checkViewLaw(law, { numRuns: 300 })
})

test('also when events come in an order in which no command would write them', () => {
  const bodies = fc.oneof(
    groupEvent,
    founding.map(([body]) => body ?? { case: undefined }),
    fc.tuple(founding, fc.array(anyCommand(PEOPLE)), person).map(([start, commands, actorId]) => {
      const state = rosterEventsOf({ seq: 1, commit: entryOf({ bodies: start, actorId, at: 0 }).commit })
      const log = {
        start: [],
        eventsOf,
        entryOf: (decided: readonly EventBody[]) => entryOf({ bodies: decided, actorId, at: 3 }),
      }
      return logOfCommands(
        { ...rosterDecider, initialState: state.reduce(rosterDecider.evolve, rosterDecider.initialState) },
        log,
        commands.map((command) => by(actorId, command)),
      ).flatMap(({ commit }) => commit.events.map(({ body }) => body))
    }),
  )
  const commits = fc.array(fc.tuple(fc.array(bodies, { minLength: 1, maxLength: 3 }), person), { maxLength: 12 })
  checkViewLaw({
    ...law,
    histories: commits.map((list) =>
      list.map(([several, actorId], at) => entryOf({ bodies: several.flat(), actorId, at })),
    ),
  })
})

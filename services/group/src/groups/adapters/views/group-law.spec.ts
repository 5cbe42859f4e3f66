import type { EventBody, StoredCommit } from '@beseda/event-log'
import { checkViewLaw, type LogEntry, logOfCommands } from '@beseda/event-log/testing'
import { parseHistorySubject } from '@beseda/proto'
import { Permission, type PermissionOverride, PermissionOverrideSchema } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupKind,
  GroupSettingsSchema,
  GroupUpdatedSchema,
  NewcomerHistory,
  WebhookCreatedSchema,
  WebhookDeletedSchema,
} from '@beseda/proto/group/v1/events'
import { MemberLeftSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { type GroupCommand, groupDecider } from '../../domain/group.js'
import { loadGroup } from './group-store.js'

const [GROUP, OTHER] = ['g', 'other']

const eventsOf = (stored: StoredCommit): readonly EventBody[] => {
  const place = parseHistorySubject(stored.subject)
  return place?.groupId === GROUP ? stored.commit.events.map(({ body }) => body) : []
}

const kind = fc.constantFrom(GroupKind.DIRECT, GroupKind.GROUP, GroupKind.CHANNEL)
const name = fc.constantFrom('Chess', 'Go', 'Ёжик')
const webhookId = fc.constantFrom('w1', 'w2', 'w3')
const by = {
  role: fc.constantFrom(Role.MEMBER, Role.ADMIN, Role.OWNER, undefined),
  mutedUntil: fc.constantFrom(0, 5),
  now: fc.constant(1),
}
const tokenHash = fc.uint8Array({ minLength: 4, maxLength: 4 })
const settings = fc
  .record({
    slowModeS: fc.nat(9),
    messageTtlS: fc.nat(9),
    voiceRoom: fc.boolean(),
    newcomerHistory: fc.constantFrom(NewcomerHistory.UNSPECIFIED, NewcomerHistory.ALL, NewcomerHistory.FROM_JOINING),
    discoverability: fc.constantFrom(Discoverability.UNSPECIFIED, Discoverability.OPEN),
    permissions: fc.constantFrom<PermissionOverride[]>(
      [],
      [create(PermissionOverrideSchema, { permission: Permission.POST, leastRole: Role.ADMIN })],
    ),
  })
  .map((fields) => create(GroupSettingsSchema, fields))
const update = fc.record({ name, topic: name, archived: fc.boolean(), settings }, { requiredKeys: [] })

const command: fc.Arbitrary<GroupCommand> = fc.oneof(
  fc.record({
    type: fc.constant('Create' as const),
    kind,
    name,
    topic: name,
    founderId: fc.constant('ann'),
    memberIds: fc.constant(['bob']),
  }),
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Update' as const), ...by, update }) },
  fc.record({ type: fc.constantFrom('Delete' as const), ...by }),
  fc.record({ type: fc.constant('SetArchived' as const), archived: fc.boolean() }),
  fc.record({ type: fc.constant('CreateWebhook' as const), ...by, webhookId, name, tokenHash }),
  fc.record({ type: fc.constant('DeleteWebhook' as const), ...by, webhookId }),
)

/** Any event, whether or not a command would have written it. */
const body: fc.Arbitrary<EventBody> = fc.oneof(
  fc.tuple(kind, name).map(([of, called]): EventBody => {
    const value = create(GroupCreatedSchema, { kind: of, name: called, ownerId: 'ann', memberIds: ['ann', 'bob'] })
    return { case: 'groupCreated', value }
  }),
  update.map((change): EventBody => ({ case: 'groupUpdated', value: create(GroupUpdatedSchema, change) })),
  fc.constant<EventBody>({ case: 'groupDeleted', value: create(GroupDeletedSchema) }),
  fc.record({ webhookId, name, tokenHash }).map(
    (fields): EventBody => ({
      case: 'webhookCreated',
      value: create(WebhookCreatedSchema, fields),
    }),
  ),
  webhookId.map((id): EventBody => {
    return { case: 'webhookDeleted', value: create(WebhookDeletedSchema, { webhookId: id }) }
  }),
)
const roster: fc.Arbitrary<EventBody> = fc.constantFrom<EventBody[]>(
  { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['eve'] }) },
  { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'ann' }) },
)

/** What happens in another group, and to the members of this one. */
const between: fc.Arbitrary<LogEntry> = fc.oneof(
  fc.array(body, { minLength: 1, maxLength: 2 }).map((bodies) => laneEntry(OTHER, 'group', bodies)),
  roster.map((one) => laneEntry(GROUP, 'roster', [one])),
)

const law = {
  view: historyView,
  decider: groupDecider,
  eventsOf,
  load: (view: Parameters<typeof loadGroup>[0]) => loadGroup(view, GROUP).state,
  // Only how many they are, and whether one is among them, is ever asked.
  unordered: ['webhooks' as never],
}

test('a group loads from the view as its events say, after any history of commands', () => {
  const histories = fc.array(fc.tuple(command, fc.option(between)), { maxLength: 30 }).map((steps) => {
    let log: readonly LogEntry[] = []
    for (const [at, [one, more]] of steps.entries()) {
      const entryOf = (bodies: readonly EventBody[]) => laneEntry(GROUP, 'group', bodies, { at })
      log = logOfCommands(groupDecider, { start: log, eventsOf, entryOf }, [one])
      if (more) log = [...log, more]
    }
    return log
  })
  checkViewLaw({ ...law, histories }, { numRuns: 300 })
})

test('also when events come in an order in which no command would write them', () => {
  const commits = fc.array(fc.oneof(fc.array(body, { minLength: 1, maxLength: 3 }), between), { maxLength: 15 })
  const histories = commits.map((list) =>
    list.map((one, at) => (Array.isArray(one) ? laneEntry(GROUP, 'group', one, { at }) : one)),
  )
  checkViewLaw({ ...law, histories }, { numRuns: 300 })
})

test('the law sees a view that folds otherwise', () => {
  const forgetful = { ...historyView, apply: () => undefined }
  const histories = fc.constant([
    laneEntry(
      GROUP,
      'group',
      groupDecider.decide(
        { type: 'Create', kind: GroupKind.GROUP, name: 'x', topic: '', founderId: 'ann', memberIds: [] },
        undefined,
      ),
    ),
  ])
  expect(() => checkViewLaw({ ...law, view: forgetful, histories })).toThrow()
})

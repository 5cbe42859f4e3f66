import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import { NOTIFY_STREAM, notifyInvitationsSubject, parseNotifySubject } from '@beseda/proto'
import { InvitationsSentSchema, SentInvitationSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { entryOn } from '../../../../testing/log-entries.js'
import { invitationsFold } from '../../domain/invitations/invitations.js'
import { SqliteInvitationStore } from './invitation-store.js'
import { notifyView } from './notify-view.js'

const sent = fc
  .uniqueArray(
    fc.record({
      ...{ groupId: fc.constantFrom('chess', 'go'), scheduleId: fc.constantFrom('one', 'two', 'three') },
      ...{ sequence: fc.nat(3), letterSequence: fc.nat(5), cancelled: fc.boolean(), at: fc.nat(1_000) },
    }),
    { selector: ({ scheduleId }) => scheduleId },
  )
  .map((all) => {
    const times = (at: number) => ({ startsAt: timestampFromMs(at), endsAt: timestampFromMs(at + 1_000) })
    const calls = all.map(({ at, ...one }) => create(SentInvitationSchema, { ...one, ...times(at) }))
    return { case: 'invitationsSent', value: create(InvitationsSentSchema, { calls }) } as const
  })
const histories = fc.array(
  fc
    .tuple(fc.constantFrom('ann', 'bob'), sent)
    .map(
      ([userId, one]): LogEntry => entryOn(notifyInvitationsSubject(userId), [one], { at: 1, stream: NOTIFY_STREAM }),
    ),
  { maxLength: 10 },
)

test('invitations: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: invitationsFold,
    histories,
    eventsOf: ({ subject, commit }) =>
      parseNotifySubject(subject)?.userId === 'ann' ? commit.events.map((event) => event.body) : [],
    load: (view) => ({ invited: new SqliteInvitationStore({ view }).of('ann').state }),
  }))

import { commandCommit, type EventBody } from '@beseda/event-log'
import { checkViewLaw } from '@beseda/event-log/testing'
import { accountInviteSubject, IDENTITY_STREAM } from '@beseda/proto'
import {
  AccountInviteCreatedSchema,
  AccountInviteRevokedSchema,
  AccountInviteUsedSchema,
} from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { inviteDecider } from '../../domain/registration/account-invite.js'
import { directoryView } from './directory-view.js'
import { SqliteRegistrationStore } from './registration-store.js'

const [ONE, OTHER] = ['one', 'other']
let commits = 0
const commitOf = (event: EventBody) =>
  commandCommit({ commandId: `command ${++commits}`, actorId: 'admin', now: new Date(0) }, [event])

/** Hashes of two invites never meet. */
const created = (inviteId: string) =>
  fc.record({ name: fc.constantFrom('', 'For Ann'), maxUses: fc.nat(2), ends: fc.boolean() }).map(
    ({ name, maxUses, ends }): EventBody => ({
      case: 'accountInviteCreated',
      value: create(AccountInviteCreatedSchema, {
        codeHash: new Uint8Array([inviteId.length]),
        name,
        maxUses,
        ...(ends ? { expiresAt: timestampFromMs(1_000) } : {}),
      }),
    }),
  )
const revoked = fc.constant<EventBody>({ case: 'accountInviteRevoked', value: create(AccountInviteRevokedSchema) })
const used = fc
  .constantFrom('ann', 'bob')
  .map((userId): EventBody => ({ case: 'accountInviteUsed', value: create(AccountInviteUsedSchema, { userId }) }))

test('an invite, of an administrator or of a group', () => {
  const subject = accountInviteSubject(ONE)
  const entries = fc
    .constantFrom(ONE, OTHER)
    .chain((id) => fc.oneof(created(id), revoked, used).map((event) => ({ id, event })))
  checkViewLaw({
    view: directoryView,
    decider: inviteDecider,
    histories: fc.array(entries).map((all) =>
      all.map(({ id, event }) => ({
        stream: IDENTITY_STREAM,
        subject: accountInviteSubject(id),
        commit: commitOf(event),
      })),
    ),
    eventsOf: ({ subject: on, commit }) => (on === subject ? commit.events.map(({ body }) => body) : []),
    load: (view) => new SqliteRegistrationStore({ view }).invite(ONE).state,
    unordered: ['people' as never],
  })
})

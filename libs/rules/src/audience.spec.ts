import { Audience, audience } from '@beseda/proto/common/v1/audience'
import { WebhookCreatedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { InviteCreatedSchema, JoinRequestedSchema, MemberBannedSchema } from '@beseda/proto/membership/v1/events'
import { create, type DescMessage, fromBinary, getOption, ScalarType, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { shownToAdmins, shownToMembers } from './audience.js'

/** Ids, names and other things that every member of the group may read, decided one by one. */
const FOR_EVERY_MEMBER = [
  'beseda.call.v1.CallEnded.call_id',
  'beseda.call.v1.CallJoined.call_id',
  'beseda.call.v1.CallJoined.user_id',
  'beseda.call.v1.CallLeft.call_id',
  'beseda.call.v1.CallLeft.user_id',
  'beseda.call.v1.CallMissed.call_id',
  'beseda.call.v1.CallMissed.user_ids',
  'beseda.call.v1.CallRecordingEnded.call_id',
  'beseda.call.v1.CallRecordingEnded.recording_id',
  'beseda.call.v1.CallRecordingStarted.call_id',
  'beseda.call.v1.CallRecordingStarted.recording_id',
  'beseda.call.v1.CallRecordingStarted.user_id',
  'beseda.call.v1.CallStarted.call_id',
  'beseda.call.v1.CallStarted.caller_id',
  'beseda.call.v1.CallStarted.invitee_ids',
  'beseda.call.v1.AttendanceAnswered.schedule_id',
  'beseda.call.v1.AttendanceAnswered.user_id',
  'beseda.call.v1.CallRescheduled.schedule_id',
  'beseda.call.v1.CallScheduled.schedule_id',
  'beseda.call.v1.CallTerms.starts_at',
  'beseda.call.v1.CallTerms.time_zone',
  'beseda.call.v1.CallTerms.title',
  'beseda.call.v1.CallUnscheduled.schedule_id',
  'beseda.call.v1.OccurrenceChanged.occurrence',
  'beseda.call.v1.OccurrenceChanged.schedule_id',
  'beseda.call.v1.OccurrenceChanged.starts_at',
  'beseda.call.v1.Recurrence.until',
  'beseda.group.v1.Attachment.content_type',
  'beseda.group.v1.Attachment.file_id',
  'beseda.group.v1.Attachment.name',
  'beseda.group.v1.Attachment.waveform',
  'beseda.group.v1.Forwarded.author_id',
  'beseda.group.v1.Forwarded.author_name',
  'beseda.group.v1.GroupCreated.member_ids',
  'beseda.group.v1.GroupCreated.name',
  'beseda.group.v1.GroupCreated.owner_id',
  'beseda.group.v1.GroupCreated.topic',
  'beseda.group.v1.GroupUpdated.avatar_file_id',
  'beseda.group.v1.GroupUpdated.name',
  'beseda.group.v1.GroupUpdated.topic',
  'beseda.group.v1.Mentions.replied_user_id',
  'beseda.group.v1.Mentions.user_ids',
  'beseda.group.v1.MessageDeleted.message_id',
  'beseda.group.v1.MessageDeleted.thread_id',
  'beseda.group.v1.MessageEdited.message_id',
  'beseda.group.v1.MessageEdited.text',
  'beseda.group.v1.MessagePosted.also_in_thread',
  'beseda.group.v1.MessagePosted.author_id',
  'beseda.group.v1.MessagePosted.author_name',
  'beseda.group.v1.MessagePosted.message_id',
  'beseda.group.v1.MessagePosted.reply_to',
  'beseda.group.v1.MessagePosted.text',
  'beseda.group.v1.MessagePosted.thread_id',
  'beseda.group.v1.PinChanged.message_id',
  'beseda.group.v1.Poll.options',
  'beseda.group.v1.PollEnded.message_id',
  'beseda.group.v1.PollVoted.message_id',
  'beseda.group.v1.ReactionChanged.emoji',
  'beseda.group.v1.ReactionChanged.message_id',
  'beseda.group.v1.WebhookCreated.name',
  'beseda.group.v1.WebhookCreated.webhook_id',
  'beseda.group.v1.WebhookDeleted.webhook_id',
  'beseda.membership.v1.InviteCreated.invite_id',
  'beseda.membership.v1.InviteRevoked.invite_id',
  'beseda.membership.v1.JoinDeclined.user_id',
  'beseda.membership.v1.JoinRequested.invite_id',
  'beseda.membership.v1.JoinRequested.user_id',
  'beseda.membership.v1.MemberBanned.user_id',
  'beseda.membership.v1.MemberJoined.invite_id',
  'beseda.membership.v1.MemberJoined.user_id',
  'beseda.membership.v1.MemberLeft.user_id',
  'beseda.membership.v1.MemberMuted.user_id',
  'beseda.membership.v1.MemberRemoved.user_id',
  'beseda.membership.v1.MemberUnbanned.user_id',
  'beseda.membership.v1.MembersAdded.user_ids',
  'beseda.membership.v1.OwnershipTransferred.from_user_id',
  'beseda.membership.v1.OwnershipTransferred.to_user_id',
  'beseda.membership.v1.RoleChanged.user_id',
]

/** Bodies of other streams than the histories of groups, and the redaction, which no client gets. */
const IN_NO_HISTORY =
  /^beseda\.(identity|notify|moderation)\.|\.(ReadMarked|MessageHidden|ThreadsChosen|CalendarFeedChanged|CommitRedacted)$/

const bodies = EventSchema.fields
  .filter(({ oneof }) => oneof?.localName === 'body')
  .flatMap(({ message }) => (message && !IN_NO_HISTORY.test(message.typeName) ? [message] : []))

interface Text {
  readonly name: string
  readonly audience: Audience
  readonly nested: boolean
}

/** The fields with texts and bytes of a message and of the messages in it. */
const textsOf = (message: DescMessage, nested = false): Text[] =>
  message.fields.flatMap((field): Text[] => {
    if (field.message) return textsOf(field.message, true)
    const isText = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES
    if (!isText) return []
    return [{ name: `${message.typeName}.${field.name}`, audience: getOption(field, audience), nested }]
  })
const texts = bodies.flatMap((message) => textsOf(message))

test('of every text in a history it is decided who reads it: a new one is added to the list, or marked in the contract', () => {
  const unmarked = texts.filter((text) => text.audience === Audience.UNSPECIFIED).map(({ name }) => name)
  expect([...new Set(unmarked)].sort()).toEqual(FOR_EVERY_MEMBER.toSorted())
})

test('only fields of the event itself are marked: what is in a message of it would not be emptied', () => {
  const marked = texts.filter((text) => text.audience !== Audience.UNSPECIFIED)
  expect(marked.filter(({ nested }) => nested)).toEqual([])
  expect(marked.map(({ name }) => name).sort()).toEqual([
    'beseda.group.v1.PollVoted.secret_voter_id',
    'beseda.group.v1.WebhookCreated.token_hash',
    'beseda.membership.v1.InviteCreated.code_hash',
    'beseda.membership.v1.InviteCreated.name',
    'beseda.membership.v1.JoinRequested.note',
    'beseda.membership.v1.MemberBanned.reason',
  ])
})

const event = (body: Event['body']) => create(EventSchema, { actorId: 'ann', body })
const hash = new Uint8Array([1, 2])
const note = event({ case: 'joinRequested', value: create(JoinRequestedSchema, { userId: 'bob', note: 'hello' }) })
const ban = event({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'bob', reason: 'spam' }) })
const invite = event({ case: 'inviteCreated', value: create(InviteCreatedSchema, { inviteId: 'i', codeHash: hash }) })
const webhook = event({ case: 'webhookCreated', value: create(WebhookCreatedSchema, { name: 'CI', tokenHash: hash }) })

test('members read neither notes nor reasons nor hashes, admins no hashes; the event itself stays as it is', () => {
  const values = (show: (one: Event) => Event) => [note, ban, invite, webhook].map((one) => show(one).body.value)
  const nothing = new Uint8Array()
  expect(values(shownToMembers)).toMatchObject([
    { userId: 'bob', note: '' },
    { userId: 'bob', reason: '' },
    { inviteId: 'i', codeHash: nothing },
    { name: 'CI', tokenHash: nothing },
  ])
  expect(values(shownToAdmins)).toMatchObject([
    { note: 'hello' },
    { reason: 'spam' },
    { codeHash: nothing },
    { tokenHash: nothing },
  ])
  expect(shownToMembers(note).actorId).toBe('ann')
  expect(note.body.value).toMatchObject({ note: 'hello' })
})

test('of an event of a later release nothing is told: what of it is for others is not known here', () => {
  // Field 9999, with three bytes.
  const later = fromBinary(EventSchema, Uint8Array.from([0x12, 3, 0x61, 0x6e, 0x6e, 0xfa, 0xf0, 0x04, 3, 1, 2, 3]))
  expect(toBinary(EventSchema, later)).toHaveLength(12)
  for (const show of [shownToMembers, shownToAdmins]) expect(toBinary(EventSchema, show(later))).toHaveLength(5)
  expect(toBinary(EventSchema, later)).toHaveLength(12)
})

test('an event without anything for others is not copied', () => {
  const plain = event({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'bob' }) })
  const empty = create(EventSchema, {})
  for (const one of [plain, empty]) expect([shownToMembers(one), shownToAdmins(one)]).toEqual([one, one])
  expect(shownToMembers(plain)).toBe(plain)
  expect(shownToAdmins(ban)).toBe(ban)
})

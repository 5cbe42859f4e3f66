import { newId } from '@beseda/kernel'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { Attendance } from '@beseda/proto/call/v1/events'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { ExportFormat } from '@beseda/proto/history/v1/history_service'
import { AdministratorAction, RegistrationRule, WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { ReportOutcome, ReportReason } from '@beseda/proto/moderation/v1/events'
import type { CallerKind, TestSystem } from '@beseda/testkit'
import { create, type DescMethodUnary, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Person, peopleOf } from './people.js'

/** Somebody of each kind who may call a method on a group. */
export type People = Readonly<Record<CallerKind, Person>> & {
  /** A plain member to whom things are done. */
  readonly target: Person
  /** Somebody who has asked to join. */
  readonly asker: Person
}

/** A group with somebody of each kind and something of everything. */
export interface Place {
  /** By the name of a field, as in `groupId`. */
  readonly ids: Readonly<Record<string, string>>
  readonly code: string
}

/** Registers the people once: each place is a new group of the same ones. */
export async function peopleOfEachKind(person: ReturnType<typeof peopleOf>['person']): Promise<People> {
  const kinds = ['stranger', 'banned', 'muted', 'member', 'mutedAdmin', 'admin', 'owner', 'target', 'asker'] as const
  const people: Partial<Record<(typeof kinds)[number], Person>> = {}
  for (const kind of kinds) people[kind] = await person(kind)
  return people as People
}

/** A new place. Whoever is in a call of the one before leaves it: nobody is in two. */
export async function placeOf(system: TestSystem, people: People, before?: Place): Promise<Place> {
  if (before) await hangUp(system, people, before)
  const { owner, muted, member, mutedAdmin, admin, target, banned, asker } = people
  const members = [muted, member, mutedAdmin, admin, target, banned]
  const memberIds = members.map(({ id }) => id)
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Chess', memberIds }
  const groupId = (await owner.groups.createGroup(founding)).group?.id ?? ''
  const { membership, groups } = owner
  const command = () => ({ commandId: newId(), groupId })
  for (const { id: userId } of [admin, mutedAdmin]) {
    await membership.changeRole({ ...command(), userId, role: Role.ADMIN })
  }
  for (const { id: userId } of [muted, mutedAdmin]) await membership.muteMember({ ...command(), userId, forS: 3_600 })
  await membership.banMember({ ...command(), userId: banned.id })
  const asked = await membership.createInvite({ ...command(), needsApproval: true })
  await asker.membership.acceptInvite({ commandId: newId(), code: asked.code })
  const { code, invite } = await membership.createInvite(command())
  const { webhook } = await groups.createWebhook({ ...command(), name: 'CI' })
  const messageId = newId()
  await groups.postMessage({ messageId, groupId, text: 'hello', poll: { options: ['hi', 'bye'] } })
  const callId = newId()
  const caller = { userId: target.id, deviceId: target.id }
  await system.client(CallService, caller).startCall({ callId, groupId, ring: false })
  const recordings = system.client(RecordingService, caller)
  const { call } = await recordings.startRecording({ commandId: newId(), callId, groupId })
  const recordingId = call?.recording?.id ?? ''
  const schedules = system.client(ScheduleService, { userId: owner.id })
  const { scheduleId } = await schedules.scheduleCall({ ...command(), terms: TERMS })
  const links = { inviteId: invite?.id ?? '', webhookId: webhook?.id ?? '' }
  const ids = { groupId, messageId, scheduleId, callId, recordingId, ...links }
  return { ids: { ...ids, userId: target.id }, code }
}

async function hangUp(
  system: TestSystem,
  people: People,
  { ids: { groupId = '', callId = '' } }: Place,
): Promise<void> {
  for (const { id } of Object.values(people)) {
    const calls = system.client(CallService, { userId: id, deviceId: id })
    await calls.leaveCall({ groupId, callId }).catch(() => undefined)
  }
}

/** A call of next year, so that it is never over. */
const TERMS = {
  title: 'Chess',
  startsAt: `${new Date().getUTCFullYear() + 1}-03-08T10:00`,
  timeZone: 'Europe/Berlin',
  durationMin: 30,
}

/** Of a calendar that nobody has. */
const CALENDAR = { userName: 'ann', password: 'none' }

/** What a request says beside ids. A function: it depends on the people. */
const CONTENT: Readonly<Record<string, (people: People, place: Place) => object>> = {
  CreateGroup: () => ({ kind: GroupKind.GROUP, name: 'Go', memberIds: [] }),
  UpdateGroup: () => ({ topic: newId() }),
  PostMessage: () => ({ messageId: newId(), text: 'hi' }),
  EditMessage: () => ({ text: newId() }),
  SetReaction: () => ({ emoji: '👍', present: true }),
  VotePoll: () => ({ options: [1] }),
  SetPinned: () => ({ pinned: true }),
  SearchMessages: () => ({ query: 'hello' }),
  CreateWebhook: () => ({ name: 'CI' }),
  AddMembers: ({ asker }) => ({ userIds: [asker.id] }),
  ChangeRole: () => ({ role: Role.ADMIN }),
  MuteMember: () => ({ forS: 60 }),
  UnbanMember: ({ banned }) => ({ userId: banned.id }),
  ResolveJoinRequest: ({ asker }) => ({ userId: asker.id, approve: true }),
  AcceptInvite: (_, { code }) => ({ code }),
  PreviewInvite: (_, { code }) => ({ code }),
  ExportGroup: () => ({ format: ExportFormat.JSON_LINES }),
  ReportMessage: () => ({ reason: ReportReason.SPAM }),
  CloseReport: () => ({ outcome: ReportOutcome.DISMISSED }),
  StartCall: () => ({ callId: newId() }),
  CommitMediaKeys: () => ({ generation: 1, groupInfo: new Uint8Array([1]) }),
  ListMediaKeyCommits: () => ({ generation: 1 }),
  PauseRecording: () => ({ paused: true }),
  ScheduleCall: () => ({ terms: TERMS }),
  RescheduleCall: () => ({ terms: { ...TERMS, title: newId() } }),
  ChangeOccurrence: () => ({ occurrence: TERMS.startsAt, durationMin: 45 }),
  AnswerAttendance: () => ({ attendance: Attendance.MAYBE }),
  ExportSchedule: () => ({ origin: 'https://chat.example.org' }),
  MarkRead: () => ({ seq: 1n }),
  MarkUnread: () => ({ seq: 1n }),
  FollowThread: (_, { ids }) => ({ threadId: ids.messageId ?? newId(), follows: true }),
  GetUsers: ({ target }) => ({ userIds: [target.id] }),
  SearchUsers: () => ({ query: 'target' }),
  GetPresence: ({ target }) => ({ userIds: [target.id] }),
  FindCalendars: () => ({ address: 'https://127.0.0.1/', signIn: CALENDAR }),
  ConnectCalendar: () => ({ url: 'https://127.0.0.1/', signIn: CALENDAR, origin: 'https://chat.example.org' }),
  SetPrivacy: () => ({ whoMayAdd: WhoMayAdd.EVERYBODY }),
  ListUnaddable: ({ owner, target }) => ({ actorId: owner.id, userIds: [target.id] }),
  SetRegistration: () => ({ rule: RegistrationRule.INVITE }),
  AuthorizeAdministrator: () => ({ action: AdministratorAction.DELETE_GROUP }),
}

/** Fields that mean no group, message or person of the place. */
const OWN_IDS: ReadonlySet<string> = new Set(['commandId', 'deviceId', 'botId', 'sessionId', 'fileId', 'reporterId'])

/** A request that could be carried out, in the place; `ids` replace those of the place. */
export function requestOf(
  { name, input }: DescMethodUnary,
  people: People,
  place: Place,
  ids: Readonly<Record<string, string>> = {},
): Uint8Array {
  const known = { ...place.ids, ...ids }
  const named = input.fields.flatMap(({ localName, fieldKind }): [string, string][] => {
    if (fieldKind !== 'scalar') return []
    if (OWN_IDS.has(localName)) return [[localName, known[localName] ?? newId()]]
    const id = known[localName]
    return id === undefined ? [] : [[localName, id]]
  })
  const content = CONTENT[name]?.(people, place) ?? {}
  const all = { ...Object.fromEntries(named), ...content, ...pick(ids, Object.fromEntries(named)) }
  return toBinary(input, create(input, all as MessageInitShape<typeof input> as Message))
}

/** Ids that were asked for are not replaced by the content. */
const pick = (wanted: Readonly<Record<string, string>>, among: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(wanted).filter(([name]) => name in among))

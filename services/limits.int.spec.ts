import { commandCommit, type EventBody, JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import {
  administratorSubject,
  blockSubject,
  historyStream,
  historySubject,
  IDENTITY_STREAM,
  PEOPLE_STREAM,
  RETENTION_STREAM,
  RETENTION_SUBJECT,
} from '@beseda/proto'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { Scope } from '@beseda/proto/common/v1/policy'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { AdministratorAppointedSchema, BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { JoinRequestedSchema, MemberJoinedSchema } from '@beseda/proto/membership/v1/events'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { HoldChangedSchema } from '@beseda/proto/moderation/v1/events'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { COUNTED, type Counted, MESH_LIMIT } from '@beseda/rules'
import { override, reasonOf, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callService } from './call/src/call.module.js'
import { groupService } from './group/src/group.module.js'
import { WEB_AUTHN } from './identity/src/adapters/bindings.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/**
 * Every limit of the rules is raced for: all but a few of what is limited is there, and many ask at once for one more, on two replicas of
 * every service. A limit without a race does not compile.
 */
let system: TestSystem
let log: JetStreamEventStore
const { person, group, say } = peopleOf(() => system)
const PARTITIONS = 2

/** An authenticator that says of itself which passkey it has made. */
const anyAuthenticator = override(WEB_AUTHN, {
  registration: async () => ({ optionsJson: '{}', challenge: 'x' }),
  verifyRegistration: async (json) => ({
    credentialId: new TextEncoder().encode(json),
    publicKey: new Uint8Array([1]),
    transports: [],
  }),
  signIn: async () => ({ optionsJson: '{}', challenge: 'x' }),
  verifySignIn: async () => undefined,
})

beforeAll(async () => {
  system = await TestSystem.start()
  for (let replica = 0; replica < 2; replica++) {
    await system.run(identityService, { overrides: [anyAuthenticator] })
    for (const service of [groupService, membershipService, callService]) await system.run(service)
  }
  log = await JetStreamEventStore.open(await system.nats.connect('admin'))
})
afterAll(() => system?.stop())

/** Free when the race begins. */
const FREE = 3
/** Who ask at once. */
const RACERS = 16

interface Race {
  readonly limit: number
  /** Makes this many first. The result asks for one more; `i` differs each time. */
  fill(owner: Person, groupId: string, present: number): Promise<(i: number) => Promise<unknown>>
}

const ids = (count: number) => Array.from({ length: count }, () => newId())

/** Asks one after the other, as people do. */
const filled = async (present: number, ask: (i: number) => Promise<unknown>) => {
  for (let i = 0; i < present; i++) await ask(1_000 + i)
  return ask
}

/** Writes events as a service did, for limits that would take long to reach. */
async function written(stream: string, subject: string, actorId: string, bodies: readonly EventBody[]): Promise<void> {
  const commit = commandCommit({ commandId: newId(), actorId, now: new Date() }, bodies)
  await log.append({ stream, subject, commit })
}

const COUNTED_RACES: Readonly<Record<Counted, Race['fill']>> = {
  webhooks: ({ groups }, groupId, present) =>
    filled(present, (i) => groups.createWebhook({ commandId: newId(), groupId, name: `w${i}` })),

  schedules: ({ id: userId }, groupId, present) => {
    const terms = {
      title: 'Chess',
      startsAt: `${new Date().getUTCFullYear() + 1}-03-08T10:00`,
      timeZone: 'UTC',
      durationMin: 30,
    }
    const schedules = system.client(ScheduleService, { userId })
    return filled(present, () => schedules.scheduleCall({ commandId: newId(), groupId, terms }))
  },

  reactionKinds: async (owner, groupId, present) => {
    const { id: messageId } = await say(owner, groupId, 'look')
    const emoji = (i: number) => String.fromCodePoint((i < 1_000 ? 0x1f400 : 0x1f600) + (i % 1_000))
    return filled(present, (i) =>
      owner.groups.setReaction({ commandId: newId(), groupId, messageId, emoji: emoji(i), present: true }),
    )
  },

  pins: async (owner, groupId, present) => {
    const post = (text: string) => owner.groups.postMessage({ messageId: newId(), groupId, text })
    const posted = await Promise.all(ids(present + 2 * RACERS).map(post))
    const messageIds = posted.map(({ message }) => message?.id ?? '').toReversed()
    return filled(present, () =>
      owner.groups.setPinned({ commandId: newId(), groupId, messageId: messageIds.pop() ?? '', pinned: true }),
    )
  },

  joinRequests: async (owner, groupId, present) => {
    const { code } = await owner.membership.createInvite({ commandId: newId(), groupId, needsApproval: true })
    const partition = partitionOf(groupId, PARTITIONS)
    const asked = (userId: string): EventBody => ({
      case: 'joinRequested',
      value: create(JoinRequestedSchema, { userId }),
    })
    const subject = historySubject(partition, groupId, 'roster')
    await written(historyStream(partition), subject, owner.id, ids(present).map(asked))
    return () => system.client(MembershipService, { userId: newId() }).acceptInvite({ commandId: newId(), code })
  },

  bots: ({ id, identity }, _, present) =>
    filled(present, (i) => {
      const username = `b${i}-${id.slice(-12)}`
      return identity.createBot({ commandId: newId(), username, displayName: 'Bot', scopes: [Scope.READ] })
    }),

  passkeys: async ({ id: userId, identity }, _, present) => {
    const [session] = (await identity.listSessions({})).sessions
    const fresh = system.client(IdentityService, { userId, sessionId: session?.id ?? '' })
    const flows = await Promise.all(ids(present + 2 * RACERS).map(() => fresh.startPasskey({})))
    return filled(present, (i) =>
      fresh.addPasskey({ commandId: newId(), flow: flows.pop()?.flow ?? '', responseJson: `key ${i}`, name: `k${i}` }),
    )
  },

  blocked: async ({ id, identity }, _, present) => {
    const block: EventBody = { case: 'blockChanged', value: create(BlockChangedSchema, { blocked: true }) }
    await Promise.all(ids(present).map((other) => written(PEOPLE_STREAM, blockSubject(id, other), id, [block])))
    return () => identity.setBlocked({ commandId: newId(), userId: newId(), blocked: true })
  },

  holds: async (owner, _, present) => {
    const appointed: EventBody = { case: 'administratorAppointed', value: create(AdministratorAppointedSchema) }
    await written(IDENTITY_STREAM, administratorSubject(owner.id), '', [appointed])
    const hold = (userId: string): EventBody => ({
      case: 'holdChanged',
      value: create(HoldChangedSchema, { userId, held: true }),
    })
    await written(RETENTION_STREAM, RETENTION_SUBJECT, owner.id, ids(present).map(hold))
    const groups = await Promise.all(ids(2 * RACERS).map(() => group(owner)))
    const moderation = system.client(ModerationService, { userId: owner.id })
    return () => moderation.setHold({ commandId: newId(), groupId: groups.pop() ?? '', held: true })
  },
}

const RACES: Readonly<Record<string, Race>> = {
  ...Object.fromEntries(
    Object.entries(COUNTED_RACES).map(([what, fill]) => [what, { limit: COUNTED[what as Counted], fill }]),
  ),

  'people in a call': {
    limit: MESH_LIMIT,
    fill: async (owner, groupId, present) => {
      const people = ids(2 * RACERS + present)
      const partition = partitionOf(groupId, PARTITIONS)
      const joined = people.map(
        (userId): EventBody => ({ case: 'memberJoined', value: create(MemberJoinedSchema, { userId }) }),
      )
      await written(historyStream(partition), historySubject(partition, groupId, 'roster'), owner.id, joined)
      const callId = newId()
      const calls = (userId: string) => system.client(CallService, { userId, deviceId: userId })
      await calls(owner.id).startCall({ callId, groupId, ring: false })
      const join = () => calls(people.pop() ?? '').joinCall({ callId, groupId })
      // The owner is in it. At once: nobody renews their place here, and a place lasts for 19 s.
      await Promise.all(Array.from({ length: present - 1 }, join))
      return join
    },
  },

  'posts of a member in slow mode': {
    limit: FREE + 1,
    fill: async (owner, groupId) => {
      const members = await Promise.all(Array.from({ length: FREE }, () => person()))
      const userIds = members.map(({ id }) => id)
      await owner.membership.addMembers({ commandId: newId(), groupId, userIds })
      await owner.groups.updateGroup({ commandId: newId(), groupId, settings: { slowModeS: 3_600 } })
      // One each.
      return (i) => members[i % FREE]!.groups.postMessage({ messageId: newId(), groupId, text: 'me' })
    },
  },
}

test.each(Object.entries(RACES))('%s: the limit holds, whichever replica is asked', async (_, { limit, fill }) => {
  const owner = await person()
  const one = await fill(owner, await group(owner), limit - FREE)
  const raced = await Promise.all(Array.from({ length: RACERS }, (_, i) => reasonOf(one(i))))
  for (const reason of raced) expect(['accepted', 'CONTENTION', ...FULL]).toContain(reason)
  // Some may give up because others write all the time: whoever asks again gets what is left.
  let accepted = raced.filter((reason) => reason === 'accepted').length
  for (let i = RACERS; i < RACERS + FREE; i++) if ((await reasonOf(one(i))) === 'accepted') accepted++
  expect(accepted).toBe(FREE)
  expect(FULL).toContain(await reasonOf(one(2 * RACERS)))
})

const FULL = ['TOO_MANY', 'CALL_FULL', 'SLOW_MODE']

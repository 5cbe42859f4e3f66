import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { JetStreamEventStore, SqliteView } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { TokenSigner, TokenVerifier } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure, Scope } from '@beseda/proto/common/v1/policy'
import { ErrorSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { allMethods, errorInfo, HEADERS, methodPath, natsTransport, policyOf, relay, toWireError } from '@beseda/rpc'
import { ACCESS, CALLERS, type CallerKind, PATIENCE_MS, TestSystem } from '@beseda/testkit'
import { type DescMethodUnary, toJsonString } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from '../gateway/src/auth/authenticator.js'
import { GuessLimit } from '../gateway/src/auth/guess-limit.js'
import { RequestRelay } from '../gateway/src/requests/request-relay.js'
import type { SharedLimits } from '../gateway/src/requests/shared-limits.js'
import type { RateLimits } from '../gateway/src/session/limits.js'
import { callService } from './call/src/call.module.js'
import { captionService } from './caption/src/caption.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { notifyService } from './notify/src/notify.module.js'
import { presenceService } from './presence/src/presence.module.js'
import { previewService } from './preview/src/preview.module.js'
import { type Person, peopleOf } from './testing/people.js'
import { type People, type Place, peopleOfEachKind, placeOf, requestOf } from './testing/requests.js'

/**
 * Every method of the contract, called by every kind of caller, answers as `ACCESS` says (libs/testkit): a method that is new, or whose policy
 * changes, fails here until somebody has decided who may call it.
 */
let system: TestSystem
let people: People
let place: Place
const { person, group, say } = peopleOf(() => system)

beforeAll(async () => {
  const before = [identityService, groupService, membershipService, callService]
  system = await TestSystem.start(...before, presenceService, notifyService, previewService)
  // Nobody is there: nobody gets as far as the engine.
  await system.run(captionService, { env: { CAPTION_URL: 'http://127.0.0.1:1/' } })
  // The founder of the installation administers it; nobody else does.
  await person('founder')
  people = await peopleOfEachKind(person)
  place = await placeOf(system, people)
})
afterAll(() => system?.stop())

const METHODS = allMethods()
const accessOf = (method: DescMethodUnary) => {
  const access = ACCESS.get(methodPath(method))
  if (!access) throw new Error(`${methodPath(method)}: nobody has decided who may call it (libs/testkit/src/access.ts)`)
  return access
}

/** As the gateway relays it. The reason of the refusal, or `accepted`. */
async function answer(method: DescMethodUnary, userId: string | undefined, payload: Uint8Array): Promise<string> {
  return refusalOf(await failure(method, userId, payload))
}

const refusalOf = (error: unknown): string =>
  error === undefined ? 'accepted' : (ErrorReason[errorInfo(error)?.reason ?? ErrorReason.UNSPECIFIED] ?? 'unknown')

/** Undefined: carried out. */
async function failure(method: DescMethodUnary, userId: string | undefined, payload: Uint8Array): Promise<unknown> {
  const actor = { [HEADERS.user]: userId, [HEADERS.device]: userId, [HEADERS.session]: userId && newId() }
  const headers = { ...actor, [HEADERS.address]: '10.0.0.1' }
  const request = {
    method,
    payload,
    contentType: 'application/proto',
    partitionCount: 2,
    timeoutMs: PATIENCE_MS,
    headers,
  }
  try {
    await relay(system.edge, { ...request, contentType: 'application/proto' })
    return undefined
  } catch (error) {
    return error
  }
}

test('somebody has decided about every method, and about no other', () => {
  expect(new Set(ACCESS.keys())).toEqual(new Set(METHODS.map(methodPath)))
})

test.each(METHODS.map((method) => [methodPath(method), method] as const))(
  '%s has the policy that was decided',
  (_, method) => {
    const { exposure, scope } = policyOf(method)
    const { edge } = accessOf(method)
    const wanted = edge === 'services' ? Exposure.INTERNAL : edge === 'anybody' ? Exposure.ANYBODY : Exposure.SIGNED_IN
    expect([Exposure[exposure], Scope[scope]]).toEqual([Exposure[wanted], edge in Scope ? edge : 'UNSPECIFIED'])
  },
)

describe('at the gateway', () => {
  /** Everything but the services behind it, as a socket or an HTTP request passes it. */
  async function edge() {
    const transport = natsTransport(system.edge, { partitionCount: 2 })
    const identity = system.client(IdentityService)
    const verifier = new TokenVerifier(async () => (await identity.getSigningKeys({})).jwks)
    const ended = new Set<string>()
    const sessions = { isComplete: true, complete: async () => {}, has: (id: string) => ended.has(id) }
    const unlimited: Pick<RateLimits, 'take' | 'waitMs' | 'putBack'> = {
      take: () => 0,
      waitMs: () => 0,
      putBack: () => {},
    }
    const limits = unlimited as RateLimits
    const shared = { take: async () => 0 } as unknown as SharedLimits
    const authenticator = new Authenticator(verifier, sessions, transport, new GuessLimit(limits))
    const requests = new RequestRelay(system.edge, 2, limits, shared, { take: () => 0 }, () => {})
    const ask = async ({ parent, name }: DescMethodUnary, token: string | undefined) => {
      // No request at all: what gets past the gateway is refused by the service, or carried out.
      const what = { service: parent.typeName, method: name, payload: new Uint8Array() }
      try {
        const actor = token === undefined ? undefined : await authenticator.actor(token, '10.0.0.1')
        await requests.call({ ...what, contentType: 'application/proto', actor, address: '10.0.0.1' })
        return 'accepted'
      } catch (error) {
        return refusalOf(error)
      }
    }
    return { ask, ended, identity }
  }
  const AT_THE_EDGE = ['METHOD_NOT_FOUND', 'UNAUTHENTICATED', 'SCOPE_MISSING', 'TOKEN_EXPIRED', 'SESSION_REVOKED']
  const passes = (reason: string) => (AT_THE_EDGE.includes(reason) ? reason : 'passes')

  async function answersTo(token: string | undefined, { ask }: Awaited<ReturnType<typeof edge>>) {
    const rows: [string, string][] = []
    for (const method of METHODS) rows.push([methodPath(method), passes(await ask(method, token))])
    return rows
  }
  const expected = (of: (edge: string) => string) =>
    METHODS.map((method): [string, string] => {
      const row = accessOf(method)
      return [methodPath(method), row.edge === 'services' ? 'METHOD_NOT_FOUND' : of(row.edge)]
    })

  test('somebody without a token gets to what is for anybody', async () => {
    const wanted = expected((row) => (row === 'anybody' ? 'passes' : 'UNAUTHENTICATED'))
    expect(await answersTo(undefined, await edge())).toEqual(wanted)
  })

  test.each([Scope.READ, Scope.POST, Scope.MODERATE, Scope.MANAGE_GROUPS])(
    'a bot with scope %s gets to what it is for',
    async (scope) => {
      const gateway = await edge()
      const { owner } = people
      const bot = { commandId: newId(), username: `bot-${newId().slice(-12)}`, displayName: 'Bot', scopes: [scope] }
      const { token } = await owner.identity.createBot(bot)
      const wanted = expected((row) => (row === Scope[scope] ? 'passes' : 'SCOPE_MISSING'))
      // A bot has a token for what needs none, too.
      expect(await answersTo(token, gateway)).toEqual(wanted)
    },
  )

  test('a token that has expired, or whose session has ended, gets nowhere', async () => {
    const gateway = await edge()
    const key = createPrivateKey(readFileSync(join(system.folder, 'key.pem'), 'utf8'))
    const signer = await TokenSigner.of(key)
    const sid = newId()
    const claims = { sub: people.owner.id, did: newId(), sid }
    const [now, minute] = [Date.now(), 60_000]
    const old = await signer.sign('beseda', claims, new Date(now - 20 * minute), new Date(now - 10 * minute))
    const good = await signer.sign('beseda', claims, new Date(now), new Date(now + minute))
    const all = (reason: string) => METHODS.map((method) => [methodPath(method), reason])
    expect(await answersTo(old, gateway)).toEqual(all('TOKEN_EXPIRED'))
    gateway.ended.add(sid)
    expect(await answersTo(good, gateway)).toEqual(all('SESSION_REVOKED'))
  })
})

describe('in the services', () => {
  const inGroups = METHODS.filter((method) => typeof accessOf(method).inside === 'object')
  test.each(inGroups.map((method) => [methodPath(method), method] as const))('%s', async (_, method) => {
    const { inside } = accessOf(method)
    const answers: Partial<Record<CallerKind, string>> = {}
    for (const kind of CALLERS) {
      const payload = requestOf(method, people, place)
      answers[kind] = await answer(method, people[kind].id, payload)
      if (answers[kind] !== 'accepted') continue
      if (method.input.fields.some(({ localName }) => localName === 'commandId')) {
        // Whoever repeats a command gets the first answer.
        expect([kind, await answer(method, people[kind].id, payload)]).toEqual([kind, 'accepted'])
      }
      if (!READS.has(method.idempotency ?? 0)) place = await placeOf(system, people, place)
    }
    expect(answers).toEqual(inside)
  })

  const ofAdministrators = METHODS.filter((method) => accessOf(method).inside === 'administrators')
  test.each(ofAdministrators.map((method) => [methodPath(method), method] as const))(
    '%s is for administrators of the installation',
    async (_, method) => {
      for (const kind of ['stranger', 'member', 'owner'] as const) {
        const payload = requestOf(method, people, place)
        expect([kind, await answer(method, people[kind].id, payload)]).toEqual([kind, 'NOT_PERMITTED'])
      }
    },
  )

  /** Neither of these says that it is not for the caller. */
  const NOT_THEIRS = ['NOT_A_MEMBER', 'NOT_PERMITTED', 'UNAUTHENTICATED', 'UNSPECIFIED', 'INTERNAL', 'UNAVAILABLE']
  const own = METHODS.filter((method) => accessOf(method).inside === 'own' && accessOf(method).edge !== 'services')
  test.each(own.map((method) => [methodPath(method), method] as const))('%s is for everybody', async (_, method) => {
    expect(NOT_THEIRS).not.toContain(await answer(method, people.stranger.id, requestOf(method, people, place)))
  })

  const signedIn = METHODS.filter((method) => policyOf(method).exposure === Exposure.SIGNED_IN)
  test.each(signedIn.map((method) => [methodPath(method), method] as const))(
    '%s is refused on the bus, too, when nobody is named',
    async (_, method) => {
      const reason = await answer(method, undefined, requestOf(method, people, place))
      // What has a wrong form is refused before anybody is asked who it is from.
      if (!policyOf(method).openToServices) expect(['UNAUTHENTICATED', 'INVALID_REQUEST']).toContain(reason)
    },
  )
})

/** NO_SIDE_EFFECTS */
const READS: ReadonlySet<number> = new Set([1])

describe('what is hidden and what is not there are the same to a stranger', () => {
  /** Ids of what somebody else has; those of people are no secret (SearchUsers). */
  const SECRET = [
    'groupId',
    'messageId',
    'callId',
    'scheduleId',
    'inviteId',
    'webhookId',
    'botId',
    'sessionId',
    'fileId',
  ] as const
  /** Ids that a retry names: whoever asks makes them. */
  const MADE_BY_THE_CALLER: Readonly<Record<string, readonly string[]>> = {
    PostMessage: ['messageId'],
    StartCall: ['callId'],
  }
  const signedIn = METHODS.filter((method) => policyOf(method).exposure === Exposure.SIGNED_IN)
  const cases = signedIn.flatMap((method) =>
    SECRET.filter((field) => method.input.fields.some(({ localName }) => localName === field))
      .filter((field) => !MADE_BY_THE_CALLER[method.name]?.includes(field))
      .map((field) => [methodPath(method), field, method] as const),
  )
  let hidden: Readonly<Record<string, string>>
  beforeAll(async () => {
    const { owner } = people
    const bot = { commandId: newId(), username: `bot-${newId().slice(-12)}`, displayName: 'Bot', scopes: [Scope.READ] }
    const made = await owner.identity.createBot(bot)
    const [session] = (await owner.identity.listSessions({})).sessions
    place = await placeOf(system, people, place)
    hidden = { ...place.ids, botId: made.bot?.user?.id ?? '', sessionId: session?.id ?? '' }
  })

  /** As often as this the same count has to come: services do their own work beside it, or share a question with it, and then it is another one each time. */
  const AGREEING = 5
  /** More tries than a machine under load needs. */
  const TRIES = 60

  /** What is asked of views and of the log, which is nearly all that takes time. Errors: no count came often enough. */
  async function workOf(ask: () => Promise<unknown>): Promise<number> {
    const seen = new Map<number, number>()
    for (let i = 0; i < TRIES; i++) {
      const count = counting()
      await ask()
      const work = count.stop()
      const times = (seen.get(work) ?? 0) + 1
      if (times === AGREEING) return work
      seen.set(work, times)
    }
    throw new Error(`its work differs each time: ${JSON.stringify([...seen])}`)
  }

  /** What somebody is told about an id, and the work that it takes. */
  async function answerAbout(method: DescMethodUnary, field: string, id: string, asker: Person, where: Place) {
    const payload = () => requestOf(method, people, where, { ...hidden, ...where.ids, [field]: id })
    const error = await failure(method, asker.id, payload())
    const said = error === undefined ? 'accepted' : toJsonString(ErrorSchema, toWireError(error)).replaceAll(id, '<id>')
    return { said, work: await workOf(() => failure(method, asker.id, payload())) }
  }

  test.each(cases)('%s with a %s', async (_, field, method) => {
    const there = await answerAbout(method, field, hidden[field] ?? newId(), people.stranger, place)
    expect(there).toEqual(await answerAbout(method, field, newId(), people.stranger, place))
  })

  /** Fields of a request that name a message. */
  const NAMES_A_MESSAGE = ['messageId', 'threadId', 'replyTo', 'aroundMessageId']
  const aboutMessages = signedIn.flatMap((method) =>
    NAMES_A_MESSAGE.filter((field) => method.input.fields.some(({ localName }) => localName === field))
      .filter((field) => !MADE_BY_THE_CALLER[method.name]?.includes(field))
      .map((field) => [methodPath(method), field, method] as const),
  )

  test.each(aboutMessages)('%s with a %s from before the joining, where that is hidden', async (_, field, method) => {
    const { owner, stranger } = people
    const groupId = await group(owner)
    const settings = { newcomerHistory: NewcomerHistory.FROM_JOINING }
    await owner.groups.updateGroup({ commandId: newId(), groupId, settings })
    const { id: before } = await say(owner, groupId, 'among us')
    await owner.membership.addMembers({ commandId: newId(), groupId, userIds: [stranger.id] })
    const { id: messageId } = await say(owner, groupId, 'welcome')
    const where = { ids: { groupId, messageId, userId: owner.id }, code: '' }
    const there = await answerAbout(method, field, before, stranger, where)
    expect(there).toEqual(await answerAbout(method, field, newId(), stranger, where))
  })

  test.each(signedIn.map((method) => [methodPath(method), method] as const))(
    '%s in the direct chat of two others',
    async (_, method) => {
      if (!method.input.fields.some(({ localName }) => localName === 'groupId')) return
      const { owner, member, stranger } = people
      const groupId = await group(owner, [member], GroupKind.DIRECT)
      const there = await answerAbout(method, 'groupId', groupId, stranger, place)
      expect(there).toEqual(await answerAbout(method, 'groupId', newId(), stranger, place))
    },
  )
})

function counting() {
  let n = 0
  const undo: (() => void)[] = []
  const count = (prototype: object, names: readonly string[]) => {
    for (const name of names) {
      const real = Reflect.get(prototype, name) as (...args: unknown[]) => unknown
      Reflect.set(prototype, name, function counted(this: unknown, ...args: unknown[]) {
        n++
        return real.apply(this, args)
      })
      undo.push(() => void Reflect.set(prototype, name, real))
    }
  }
  count(SqliteView.prototype, ['get', 'all', 'getNamed', 'allNamed'])
  count(JetStreamEventStore.prototype, ['read', 'last', 'heads', 'info', 'append'])
  return {
    stop() {
      for (const one of undo) one()
      return n
    },
  }
}

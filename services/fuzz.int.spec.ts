import { MAX_FRAME_BYTES, newId } from '@beseda/kernel'
import type { RunningService } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure, Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { allMethods, type ContentType, errorInfo, HEADERS, methodPath, policyOf, relay } from '@beseda/rpc'
import { TestSystem } from '@beseda/testkit'
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJsonString,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callService } from './call/src/call.service.js'
import { groupService } from './group/src/group.service.js'
import { identityService } from './identity/src/identity.service.js'
import { membershipService } from './membership/src/membership.service.js'
import { presenceService } from './presence/src/presence.service.js'
import { type Person, peopleOf } from './testing/people.js'

/** Every method that the gateway lets through is given rubbish; what comes back is an answer or a refusal, never a failure. */
let system: TestSystem
let bystander: { readonly person: Person; readonly groupId: string }
const services: RunningService[] = []
const { person, group, say } = peopleOf(() => system)
const PASSWORD = 'correct horse'
const RUNS = 15
const TIMEOUT_MS = 5_000

beforeAll(async () => {
  system = await TestSystem.start()
  for (const definition of [identityService, groupService, membershipService, callService, presenceService]) {
    services.push(await system.run(definition))
  }
  const owner = await person()
  bystander = { person: owner, groupId: await group(owner) }
})
afterAll(() => system?.stop())

interface World {
  readonly owner: Person
  readonly member: Person
  /** What a field of that name could really hold. */
  readonly known: Readonly<Record<string, readonly string[]>>
}

/** A group with something of everything, for one method alone: many methods destroy what they are given. */
async function makeWorld(): Promise<World> {
  const [owner, member] = [await person(), bystander.person]
  const groupId = await group(owner, [member])
  const { group: direct } = await owner.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.DIRECT,
    memberIds: [member.id],
  })
  const said = [await say(owner, groupId, 'one'), await say(member, groupId, 'two'), await say(owner, groupId, 'three')]
  const { code, invite } = await owner.membership.createInvite({ commandId: newId(), groupId })
  const { webhook } = await owner.groups.createWebhook({ commandId: newId(), groupId, name: 'CI' })
  const username = `fuzz-${owner.id.slice(-12)}`
  const bot = { commandId: newId(), username, displayName: 'Bot', scopes: [Scope.POST] }
  await owner.identity.createBot(bot)
  const messages = said.map(({ id }) => id)
  const people = [owner.id, member.id]
  const known = {
    group_id: [groupId, groupId, groupId, direct?.id ?? ''],
    message_id: messages,
    reply_to: messages,
    thread_id: messages,
    around_message_id: messages,
    user_id: people,
    user_ids: people,
    member_ids: [member.id],
    author_id: people,
    invite_id: [invite?.id ?? ''],
    webhook_id: [webhook?.id ?? ''],
    bot_id: [bot.commandId],
    code: [code],
    username: [username],
    password: [PASSWORD],
    current_password: [PASSWORD],
  }
  return { owner, member, known }
}

const HOSTILE_TEXTS = [
  '',
  ' \n\t ',
  'hello',
  'x'.repeat(4000),
  'ж'.repeat(4001),
  'a'.repeat(20_000),
  '\u0000',
  '\u0001\u007f\u0085',
  '\u202eevil\u2066',
  '\ud800',
  'a\udfff',
  '\u200b\u200d\ufeff',
  `z${'\u0301'.repeat(40)}`,
  '" OR * NEAR(',
  '"*" AND NOT ^x:y {a b}',
  "'; DROP TABLE message; --",
  '%_\\',
  '$.{}[]|',
  '../../etc/passwd',
  'Infinity',
  '-1',
  '1e309',
  '__proto__',
  '<@all> <@admins> <@00000000-0000-0000-0000-000000000000>',
  '👨‍👩‍👧‍👦',
  '☃️'.repeat(900),
] as const
const NUMBERS = [0n, 1n, 2n, 200n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n] as const
const BIG_NUMBERS = [...NUMBERS, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n] as const
const SECONDS = [
  0n,
  -1n,
  1n,
  1_700_000_000n,
  253_402_300_799n,
  8_640_000_000_001n,
  2n ** 63n - 1n,
  -(2n ** 63n),
] as const
const WRONG_VALUES = [
  null,
  true,
  -1,
  1.5,
  1e308,
  '',
  '\u0000',
  'NaN',
  '9'.repeat(400),
  [],
  {},
  [null],
  { a: [] },
] as const

/** As a message is made of, or as it stands in JSON. */
type Form = 'init' | 'json'

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const isId = (name: string) => /(^|_)ids?$/.test(name)
const textOf = (name: string, { known }: World): fc.Arbitrary<string> => {
  const fitting = [...(known[name] ?? []), ...(name === 'message_id' ? [] : [])]
  const others = Object.values(known).flat()
  return fc.oneof(
    ...(fitting.length > 0 ? [{ weight: 12, arbitrary: oneOf(fitting) }] : []),
    ...(isId(name) ? [{ weight: 4, arbitrary: fc.uuid() }] : []),
    { weight: 1, arbitrary: oneOf(others) },
    { weight: isId(name) ? 1 : 8, arbitrary: oneOf(HOSTILE_TEXTS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  )
}

function scalarOf(
  { name, scalar }: DescField & { scalar: ScalarType },
  world: World,
  form: Form,
): fc.Arbitrary<unknown> {
  switch (scalar) {
    case ScalarType.STRING:
      return textOf(name, world)
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.BYTES:
      return fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => (form === 'json' ? Buffer.from(bytes).toString('base64') : bytes))
    case ScalarType.UINT32:
      return oneOf(NUMBERS).map(Number)
    case ScalarType.UINT64:
      // Who asks for what is not there yet waits for it until the deadline, as the contract says.
      return oneOf(name === 'min_seq' ? [0n, 1n] : BIG_NUMBERS).map((n) => (form === 'json' ? String(n) : n))
    default:
      throw new Error(`${name}: the contract has a scalar that this test does not know`)
  }
}

function singleOf(field: DescField, world: World, form: Form): fc.Arbitrary<unknown> {
  if (field.message) return messageOf(field.message, world, form)
  if (field.enum) return oneOf([...field.enum.values.map(({ number }) => number), 99, 2 ** 31 - 1])
  return scalarOf(field as DescField & { scalar: ScalarType }, world, form)
}

function valueOf(field: DescField, world: World, form: Form): fc.Arbitrary<unknown> {
  if (field.fieldKind !== 'list') return singleOf(field, world, form)
  const item = singleOf(field, world, form)
  const huge = fc.tuple(item, fc.integer({ min: 900, max: 1500 })).map(([one, count]) => Array(count).fill(one))
  return fc.oneof({ weight: 6, arbitrary: fc.array(item, { maxLength: 4 }) }, { weight: 1, arbitrary: huge })
}

function messageOf(schema: DescMessage, world: World, form: Form): fc.Arbitrary<unknown> {
  if (schema.typeName === TimestampSchema.typeName) return timestampOf(form)
  const fields = schema.fields.map((field) => {
    const value = valueOf(field, world, form)
    const wrong = form === 'json' && field.name !== 'min_seq' ? [{ weight: 1, arbitrary: oneOf(WRONG_VALUES) }] : []
    const present = fc.oneof({ weight: 20, arbitrary: value }, ...wrong)
    const name = form === 'json' ? field.jsonName : field.localName
    return [name, fc.option(present, { nil: undefined, freq: isId(field.name) ? 25 : 3 })] as const
  })
  return fc
    .record(Object.fromEntries(fields))
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)))
}

function timestampOf(form: Form): fc.Arbitrary<unknown> {
  const init = fc.record({ seconds: oneOf(SECONDS), nanos: oneOf([0, 999_999_999, -1, 2 ** 31 - 1]) })
  const texts = ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', 'yesterday', '']
  return form === 'json' ? oneOf(texts) : init
}

/** One request as it comes in. */
interface Request {
  readonly contentType: ContentType
  readonly payload: Uint8Array
}

const proto = (payload: Uint8Array): Request => ({ contentType: 'application/proto', payload })
const json = (text: string): Request => ({ contentType: 'application/json', payload: new TextEncoder().encode(text) })

const binaryOf = ({ input }: DescMethodUnary, world: World): fc.Arbitrary<Uint8Array> =>
  messageOf(input, world, 'init').map((init) => toBinary(input, create(input, init as Message)))

/** Bits flipped, ends cut off, pieces doubled. */
function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutation = fc.record({ kind: oneOf(['flip', 'cut', 'double']), at: fc.nat(), much: fc.nat({ max: 40 }) })
  return fc.tuple(bytes, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([start, mutations]) =>
    mutations.reduce((before, { kind, at, much }) => {
      const place = before.length > 0 ? at % before.length : 0
      if (kind === 'cut') return before.slice(0, place)
      if (kind === 'double') return Buffer.concat([before.slice(0, place + much), before.slice(place)])
      return before.map((byte, i) => (i === place ? byte ^ (1 << (much % 8)) : byte))
    }, start),
  )
}

const KINDS: Readonly<Record<string, (method: DescMethodUnary, world: World) => fc.Arbitrary<Request>>> = {
  'random bytes': () => fc.uint8Array({ maxLength: 300 }).map(proto),
  'random bytes as JSON': () => fc.uint8Array({ maxLength: 100 }).map((payload) => ({ ...json(''), payload })),
  'random JSON': () => fc.json({ maxDepth: 4 }).map(json),
  'hostile JSON': ({ input }, world) => messageOf(input, world, 'json').map((value) => json(JSON.stringify(value))),
  'hostile values': (method, world) => binaryOf(method, world).map(proto),
  'mutated bytes': (method, world) => mutated(binaryOf(method, world)).map(proto),
}

/** As the gateway relays it. Undefined: carried out. */
async function refusal(method: DescMethodUnary, { contentType, payload }: Request, userId: string) {
  const signedIn = policyOf(method).exposure === Exposure.PUBLIC
  const actor = signedIn ? { [HEADERS.user]: userId, [HEADERS.device]: userId, [HEADERS.session]: newId() } : {}
  const headers = { ...actor, [HEADERS.address]: '10.0.0.1' }
  const request = { method, payload, contentType, partitionCount: 2, timeoutMs: TIMEOUT_MS, headers }
  try {
    await relay(system.edge, request)
    return undefined
  } catch (error) {
    return ErrorReason[errorInfo(error)?.reason ?? ErrorReason.UNSPECIFIED] ?? 'unknown'
  }
}

/** The request wants to wait for a sequence that will not come. */
function waitsForever({ input }: DescMethodUnary, { contentType, payload }: Request): boolean {
  const request =
    contentType === 'application/proto' ? fromBinary(input, payload) : fromJsonString(input, text(payload))
  return ((request as Message & { minSeq?: bigint }).minSeq ?? 0n) > 1_000n
}
const text = (payload: Uint8Array) => new TextDecoder().decode(payload)

const FAILURES = ['UNSPECIFIED', 'INTERNAL', 'unknown']

async function isUnharmed(): Promise<void> {
  const unready = await Promise.all(services.map(({ platform }) => platform.health.unready()))
  expect(unready.flat()).toEqual([])
  await say(bystander.person, bystander.groupId, 'still here')
}

const METHODS = allMethods().filter((method) => policyOf(method).exposure >= Exposure.ANONYMOUS)

test.each(METHODS.map((method) => [methodPath(method), method] as const))(
  '%s survives rubbish',
  async (path, method) => {
    const world = await makeWorld()
    const fuzz = async (kind: string) => {
      const requests = KINDS[kind]!(method, world).filter(({ payload }) => payload.length <= MAX_FRAME_BYTES)
      const actors = fc.oneof(
        { weight: 5, arbitrary: fc.constant(world.owner.id) },
        { weight: 1, arbitrary: fc.uuid() },
      )
      const property = fc.asyncProperty(requests, actors, async (request, userId) => {
        const reason = await refusal(method, request, userId)
        const failed = reason === 'UNAVAILABLE' ? !waitsForever(method, request) : FAILURES.includes(reason ?? 'none')
        if (!failed) return
        const said = request.contentType === 'application/json' ? text(request.payload) : ''
        throw new Error(`${path}, ${kind}: ${reason} for ${Buffer.from(request.payload).toString('hex')} ${said}`)
      })
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
    }
    await Promise.all(Object.keys(KINDS).map(fuzz))
    await isUnharmed()
  },
)

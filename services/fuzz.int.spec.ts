import { MAX_FRAME_BYTES, newId } from '@beseda/kernel'
import type { RunningService } from '@beseda/platform'
import { FILES_BUCKET, SESSIONS_BUCKET } from '@beseda/proto'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure, Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { FilePurpose, GroupService } from '@beseda/proto/group/v1/group_service'
import { ExportFormat } from '@beseda/proto/history/v1/history_service'
import { allMethods, type ContentType, errorInfo, HEADERS, methodPath, policyOf, relay } from '@beseda/rpc'
import { TestSystem } from '@beseda/testkit'
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { jetstreamManager } from '@nats-io/jetstream'
import { Objm } from '@nats-io/obj'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callService } from './call/src/call.service.js'
import { groupService } from './group/src/group.service.js'
import { identityService } from './identity/src/identity.service.js'
import { membershipService } from './membership/src/membership.service.js'
import { notifyService } from './notify/src/notify.service.js'
import { presenceService } from './presence/src/presence.service.js'
import { type Person, peopleOf } from './testing/people.js'

/** Every method that the gateway lets through is given rubbish; what comes back is an answer or a refusal, never a failure. */
let system: TestSystem
let bystander: { readonly person: Person; readonly groupId: string }
const services: RunningService[] = []
const { person, group, say } = peopleOf(() => system)
const PASSWORD = 'correct horse'
/** A red pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const TIMEOUT_MS = 5_000

beforeAll(async () => {
  system = await TestSystem.start()
  const definitions = [identityService, groupService, membershipService, callService, presenceService, notifyService]
  for (const definition of definitions) {
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
  const creation = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [member.id] }
  const directId = (await owner.groups.createGroup(creation)).group!.id
  const messages = [
    await say(owner, groupId, 'one'),
    await say(member, groupId, 'two'),
    await say(owner, groupId, 'three'),
  ].map(({ id }) => id)
  const { code, invite } = await owner.membership.createInvite({ commandId: newId(), groupId })
  const { webhook } = await owner.groups.createWebhook({ commandId: newId(), groupId, name: 'CI' })
  const bot = { commandId: newId(), username: `bot-${owner.id.slice(-12)}`, displayName: 'Bot', scopes: [Scope.POST] }
  await owner.identity.createBot(bot)
  const callId = newId()
  await system.client(CallService, { userId: owner.id, deviceId: owner.id }).startCall({ callId, groupId: directId })
  const username = (await owner.identity.getMe({})).me?.user?.username ?? ''
  const { tokens } = await owner.identity.signIn({ username, password: PASSWORD, device: { id: newId() } })
  const [session] = (await owner.identity.listSessions({})).sessions
  const people = [owner.id, member.id]
  const known = {
    group_id: [groupId, groupId, groupId, directId],
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
    call_id: [callId],
    session_id: [session?.id ?? ''],
    file_id: [await upload(owner, FilePurpose.ATTACHMENT, new TextEncoder().encode('a file'))],
    avatar_file_id: [await upload(owner, FilePurpose.AVATAR, PIXEL), ''],
    code: [code],
    username: [username],
    password: [PASSWORD],
    current_password: [PASSWORD],
    new_password: [PASSWORD],
    refresh_token: [tokens?.refreshToken ?? ''],
    emoji: ['👍', '❤️'],
    cursor: ['', '12345'],
    query: ['two', 'th', '" OR * NEAR(', 'on* two'],
    text: ['hello', 'привет', '<@all>', `<@${member.id}> look: https://example.org`],
  }
  return { owner, member, known }
}

/** As the gateway stores a file. */
async function upload({ id: userId }: Person, purpose: FilePurpose, bytes: Uint8Array): Promise<string> {
  const fileId = newId()
  const objects = await new Objm(system.edge).open(FILES_BUCKET)
  await objects.putBlob({ name: fileId, metadata: { user: userId } }, bytes)
  await system.client(GroupService).finishUpload({ fileId, userId, name: 'file', purpose })
  return fileId
}

const HOSTILE_TEXTS = [
  '',
  ' \n\t ',
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
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
]
const NUMBERS = [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n]
const BIG_NUMBERS = [...NUMBERS, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]
const SECONDS = [0n, -1n, 253_402_300_799n, 253_402_300_800n, 8_640_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)]
const WRONG_VALUES = [null, true, -1, 1.5, 1e308, '', '\u0000', 'NaN', '9'.repeat(400), [], {}, [null], { a: [] }]

/** As a message is made of, or as it stands in JSON. */
type Form = 'init' | 'json'
/** What goes into a field: what could really stand there, or what somebody with bad intentions would try. */
type Nature = 'plausible' | 'hostile'

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const isId = (name: string) => /(^|_)ids?$/.test(name)

class Maker {
  constructor(
    private readonly world: World,
    private readonly form: Form,
  ) {}

  /** A message that could be, spoilt at two places at most. */
  message(schema: DescMessage, nature: Nature): fc.Arbitrary<object> {
    const made = (fields: readonly DescField[], how: Nature) =>
      fc.record(Object.fromEntries(fields.map((field) => [this.#name(field), this.#field(field, how)])))
    const { fields } = schema
    const names = fields.map((field) => this.#name(field))
    const spoilt = fc.subarray(names, { maxLength: nature === 'hostile' ? Math.min(2, names.length) : 0 })
    return fc.tuple(made(fields, 'plausible'), made(fields, 'hostile'), spoilt).map(([good, bad, chosen]) => {
      const all = { ...good, ...Object.fromEntries(chosen.map((name) => [name, bad[name]])) }
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    })
  }

  #name(field: DescField): string {
    return this.form === 'json' ? field.jsonName : field.localName
  }

  #field(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const wrong = { weight: 1, arbitrary: oneOf<unknown>(WRONG_VALUES) }
    if (nature === 'hostile') {
      return fc.oneof({ weight: 4, arbitrary: this.#list(field, nature) }, ...(this.form === 'json' ? [wrong] : []))
    }
    return fc.option(this.#list(field, nature), { nil: undefined, freq: isId(field.name) ? 25 : 2 })
  }

  #list(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const item = this.#single(field, nature)
    if (field.fieldKind !== 'list') return item
    const huge = fc.tuple(item, oneOf([999, 1001, 1500])).map(([one, count]) => Array(count).fill(one))
    if (nature === 'hostile') return fc.oneof(fc.array(item, { maxLength: 4 }), huge)
    return fc.uniqueArray(item, { minLength: 1, maxLength: 3 })
  }

  #single(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    if (field.message?.typeName === TimestampSchema.typeName) return this.#timestamp(nature)
    if (field.message) return this.message(field.message, nature)
    if (field.enum) {
      const defined = field.enum.values.map(({ number }) => number)
      return oneOf(nature === 'plausible' ? defined : [...defined, 99, 2 ** 31 - 1])
    }
    return this.#scalar(field, nature)
  }

  #scalar({ name, scalar }: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const isHostile = nature === 'hostile'
    switch (scalar) {
      case ScalarType.STRING:
        return isHostile ? this.#hostileText() : this.#plausibleText(name)
      case ScalarType.BOOL:
        return fc.boolean()
      case ScalarType.BYTES:
        return fc
          .uint8Array({ maxLength: isHostile ? 200 : 64 })
          .map((bytes) => (this.form === 'json' ? Buffer.from(bytes).toString('base64') : bytes))
      case ScalarType.UINT32:
        return oneOf(isHostile ? NUMBERS : [0n, 1n, 5n, 50n]).map(Number)
      case ScalarType.UINT64:
        return oneOf(isHostile ? BIG_NUMBERS : [0n, 0n, 1n, 5n]).chain((n) => this.#number(n))
      default:
        throw new Error(`${name}: the contract has a scalar that this test does not know`)
    }
  }

  #number(value: bigint): fc.Arbitrary<unknown> {
    return fc.constant(this.form === 'json' ? String(value) : value)
  }

  #plausibleText(name: string): fc.Arbitrary<string> {
    const known = this.world.known[name]
    const fresh = name === 'username' ? fc.uuid().map((id) => `u${id.slice(-12)}`) : fc.uuid()
    if (known && !['username', 'message_id', 'call_id'].includes(name)) return oneOf(known)
    if (known) return fc.oneof(oneOf(known), fresh)
    return isId(name) ? fresh : oneOf(['Chess', 'Ёж', 'en', 'two words', ''])
  }

  #hostileText(): fc.Arbitrary<string> {
    return fc.oneof(
      { weight: 6, arbitrary: oneOf(HOSTILE_TEXTS) },
      { weight: 1, arbitrary: oneOf(Object.values(this.world.known).flat()) },
      { weight: 1, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    )
  }

  #timestamp(nature: Nature): fc.Arbitrary<unknown> {
    const texts = ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', 'yesterday', '']
    const good = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 }
    if (nature === 'plausible') return fc.constant(this.form === 'json' ? new Date().toISOString() : good)
    if (this.form === 'json') return oneOf(texts)
    return fc.record({ seconds: oneOf(SECONDS), nanos: oneOf([0, 999_999_999, -1, 2 ** 31 - 1]) })
  }
}

/** One request as it comes in. */
interface Request {
  readonly contentType: ContentType
  readonly payload: Uint8Array
}

const proto = (payload: Uint8Array): Request => ({ contentType: 'application/proto', payload })
const json = (text: string): Request => ({ contentType: 'application/json', payload: new TextEncoder().encode(text) })

const binaryOf = ({ input }: DescMethodUnary, world: World, nature: Nature): fc.Arbitrary<Uint8Array> =>
  new Maker(world, 'init').message(input, nature).map((init) => toBinary(input, create(input, init as Message)))
const jsonOf = ({ input }: DescMethodUnary, world: World): fc.Arbitrary<string> =>
  new Maker(world, 'json').message(input, 'hostile').map((value) => JSON.stringify(value))

/** One field empty again and again, until the frame is full: a list of the message, or a field that nobody knows. */
const crowded = (method: DescMethodUnary, world: World): fc.Arbitrary<Uint8Array> => {
  const lists = method.input.fields.filter(({ fieldKind }) => fieldKind === 'list').map(({ number }) => number)
  return fc.tuple(binaryOf(method, world, 'plausible'), oneOf([...lists, 99])).map(([start, number]) => {
    const piece = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(0).finish()
    const count = Math.floor((MAX_FRAME_BYTES - start.length) / piece.length)
    return Buffer.concat([start, ...Array<Uint8Array>(count).fill(piece)])
  })
}

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

/** Every kind of rubbish, and how often it is tried on a method. */
const KINDS: readonly {
  readonly name: string
  readonly runs: number
  readonly of: (method: DescMethodUnary, world: World) => fc.Arbitrary<Request>
}[] = [
  { name: 'random bytes', runs: 10, of: () => fc.uint8Array({ maxLength: 300 }).map(proto) },
  {
    name: 'random bytes as JSON',
    runs: 10,
    of: () => fc.uint8Array({ maxLength: 100 }).map((payload) => ({ contentType: 'application/json', payload })),
  },
  { name: 'random JSON', runs: 10, of: () => fc.json({ maxDepth: 4 }).map(json) },
  { name: 'hostile JSON', runs: 20, of: (method, world) => jsonOf(method, world).map(json) },
  { name: 'hostile values', runs: 20, of: (method, world) => binaryOf(method, world, 'hostile').map(proto) },
  { name: 'mutated bytes', runs: 20, of: (method, world) => mutated(binaryOf(method, world, 'plausible')).map(proto) },
  { name: 'a full frame', runs: 3, of: (method, world) => crowded(method, world).map(proto) },
]

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

const text = (payload: Uint8Array) => new TextDecoder().decode(payload)

const FAILURES = ['UNSPECIFIED', 'INTERNAL', 'UNAVAILABLE', 'unknown']

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
    const actors = fc.oneof({ weight: 8, arbitrary: fc.constant(world.owner.id) }, { weight: 1, arbitrary: fc.uuid() })
    const fuzz = async ({ name, runs, of }: (typeof KINDS)[number]) => {
      const requests = of(method, world).filter(({ payload }) => payload.length <= MAX_FRAME_BYTES)
      const property = fc.asyncProperty(requests, actors, async (request, userId) => {
        const reason = await refusal(method, request, userId)
        if (reason === undefined || !FAILURES.includes(reason)) return
        const said = request.contentType === 'application/json' ? text(request.payload) : ''
        throw new Error(`${path}, ${name}: ${reason} for ${Buffer.from(request.payload).toString('hex')} ${said}`)
      })
      await fc.assert(property, { numRuns: runs, endOnFailure: true })
    }
    await Promise.all(KINDS.map(fuzz))
    await isUnharmed()
  },
)

test('questions leave nothing behind in the stream of sessions', async () => {
  const owner = await person()
  for (let i = 0; i < 20; i++) await owner.identity.listSessions({})
  const admin = await system.nats.connect('admin')
  const manager = await jetstreamManager(admin)
  expect((await manager.streams.info(`KV_${SESSIONS_BUCKET}`)).state.consumer_count).toBe(0)
  await admin.close()
})

describe('an answer always fits the bus', () => {
  // Three bytes a letter, and five characters an entity of HTML.
  test.each(['漢', '"'])('of messages full of %s', async (letter) => {
    const owner = await person()
    const groupId = await group(owner)
    const said = await Promise.all(
      Array.from({ length: 120 }, (_, i) => say(owner, groupId, `needle ${i} ${letter.repeat(3900)}`)),
    )
    const ids = said.toSorted((a, b) => Number(a.seq - b.seq) || a.index - b.index).map(({ id }) => id)

    const forwards: string[] = []
    for (let more = true, afterSeq = 1n; more; ) {
      const page = await owner.groups.listMessages({ groupId, afterSeq, limit: 200 })
      forwards.push(...page.messages.map(({ id }) => id))
      afterSeq = page.messages.at(-1)!.seq
      more = page.hasMore
    }
    expect(forwards).toEqual(ids)
    const backwards: string[] = []
    for (let more = true, beforeSeq = 0n; more; ) {
      const page = await owner.groups.listMessages({ groupId, beforeSeq, limit: 200 })
      backwards.unshift(...page.messages.map(({ id }) => id))
      beforeSeq = page.messages[0]!.seq
      more = page.hasMore
    }
    expect(backwards).toEqual(ids)
    const around = await owner.groups.listMessages({ groupId, aroundMessageId: ids[60]!, limit: 200 })
    expect(around.messages.map(({ id }) => id)).toContain(ids[60])
    const found: string[] = []
    for (let cursor = '', more = true; more; ) {
      const page = await owner.groups.searchMessages({ groupId, query: 'needle ', limit: 50, cursor })
      found.unshift(...page.messages.map(({ id }) => id).toReversed())
      cursor = page.next
      more = cursor !== ''
    }
    expect(found).toEqual(ids)
    for (const messageId of ids) {
      await owner.groups.setPinned({ commandId: newId(), groupId, messageId, pinned: true })
    }
    const pins = await owner.groups.listPins({ groupId })
    expect(pins.messages[0]?.id).toBe(ids.at(-1))
    for (const format of [ExportFormat.JSON_LINES, ExportFormat.HTML]) {
      let exported = ''
      for (let more = true, afterSeq = 0n; more; ) {
        const { piece, next } = await owner.history.exportGroup({ groupId, format, afterSeq })
        exported += new TextDecoder().decode(piece)
        afterSeq = next
        more = next > 0n
      }
      expect(exported.match(/needle \d+/g)).toHaveLength(ids.length)
    }
  })
})

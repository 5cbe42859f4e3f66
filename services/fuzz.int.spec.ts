import { newId } from '@beseda/kernel'
import type { RunningService } from '@beseda/platform'
import { FILES_BUCKET, SESSIONS_BUCKET } from '@beseda/proto'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure, Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { FilePurpose, GroupService } from '@beseda/proto/group/v1/group_service'
import { ExportFormat } from '@beseda/proto/history/v1/history_service'
import { allMethods, errorInfo, HEADERS, methodPath, policyOf, relay } from '@beseda/rpc'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { KINDS, type Known, PATIENCE_MS, type Request, TestSystem } from '@beseda/testkit'
import { type DescMethodUnary } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { jetstreamManager } from '@nats-io/jetstream'
import { Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callService } from './call/src/call.module.js'
import { captionService } from './caption/src/caption.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { notifyService } from './notify/src/notify.module.js'
import { presenceService } from './presence/src/presence.module.js'
import { previewService } from './preview/src/preview.module.js'
import { type Person, peopleOf } from './testing/people.js'

/**
 * Every method of the contract is given rubbish, those between services too; what comes back is an answer or a refusal, never a failure.
 */
let system: TestSystem
/** Calls what is for operators and services alone. */
let operator: NatsConnection
let bystander: { readonly person: Person; readonly groupId: string }
const services: RunningService[] = []
/** What there is for a method to be called about. */
interface World {
  readonly owner: Person
  readonly known: Known
}

const { person, group, say } = peopleOf(() => system)
const PASSWORD = 'correct horse'
/** A red pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

beforeAll(async () => {
  system = await TestSystem.start()
  const definitions = [
    identityService,
    groupService,
    membershipService,
    callService,
    presenceService,
    notifyService,
    previewService,
  ]
  for (const definition of definitions) {
    services.push(await system.run(definition))
  }
  services.push(await system.run(captionService, { env: { CAPTION_URL: 'http://127.0.0.1:1/' } }))
  operator = await system.nats.connect('admin')
  const owner = await person()
  bystander = { person: owner, groupId: await group(owner) }
})
afterAll(async () => {
  await operator?.close()
  await system?.stop()
})

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
  return { owner, known }
}

/** Questions leave everything as it is, so that all of them are asked of one world. */
let asked: Promise<World> | undefined
function worldFor({ idempotency }: DescMethodUnary): Promise<World> {
  if (idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) return makeWorld()
  asked ??= makeWorld()
  return asked
}

/** As the gateway stores a file. */
async function upload({ id: userId }: Person, purpose: FilePurpose, bytes: Uint8Array): Promise<string> {
  const fileId = newId()
  const objects = await new Objm(system.edge).open(FILES_BUCKET)
  await objects.putBlob({ name: fileId, metadata: { user: userId } }, bytes)
  await system.client(GroupService).finishUpload({ fileId, userId, name: 'file', purpose })
  return fileId
}

/** As the gateway relays it, or as a service asks another. Undefined: carried out. */
async function refusal(method: DescMethodUnary, { contentType, payload }: Request, userId: string) {
  const { exposure } = policyOf(method)
  const signedIn = exposure === Exposure.SIGNED_IN
  const actor = signedIn ? { [HEADERS.user]: userId, [HEADERS.device]: userId, [HEADERS.session]: newId() } : {}
  const headers = { ...actor, [HEADERS.address]: '10.0.0.1' }
  const request = { method, payload, contentType, partitionCount: 2, timeoutMs: PATIENCE_MS, headers }
  try {
    await relay(exposure === Exposure.INTERNAL ? operator : system.edge, request)
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

test.each(allMethods().map((method) => [methodPath(method), method] as const))(
  '%s survives rubbish',
  async (path, method) => {
    const world = await worldFor(method)
    const actors = fc.oneof({ weight: 8, arbitrary: fc.constant(world.owner.id) }, { weight: 1, arbitrary: fc.uuid() })
    const fuzz = async ({ name, runs, of }: (typeof KINDS)[number]) => {
      const requests = of(method, world.known).filter(({ payload }) => payload.length <= MAX_FRAME_BYTES)
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

import { createHash } from 'node:crypto'
import { type EventBody, JetStreamEventStore } from '@beseda/event-log'
import { formatUuid, newId, partitionOf } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupCreatedSchema, GroupKind, WebhookCreatedSchema } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** An id that a client chooses, or can compute, proves nothing: it neither takes what is another's nor gives what is. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
})
afterAll(() => system?.stop())
const { person, group, post, texts } = peopleOf(() => system)

const openChat = async (from: Person, to: Person) => {
  const request = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [to.id] }
  const { group: chat, created } = await from.groups.createGroup(request)
  if (!chat) throw new Error('no group in the answer')
  return { chat, created }
}

/** The id that releases before keyed ids gave to the chat of two people: anybody who knows both can compute it. */
function computableChatId(one: string, other: string): string {
  const [first, second] = one < other ? [one, other] : [other, one]
  const bytes = createHash('sha256').update(`direct ${first} ${second}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return formatUuid(bytes)
}

/** Writes an event into the log as an earlier release did. */
async function written(groupId: string, actorId: string, commandId: string, body: EventBody): Promise<void> {
  const partition = partitionOf(groupId, 2)
  const bus = await system.nats.connect('admin')
  const store = await JetStreamEventStore.open(bus)
  const event = create(EventSchema, { commandId, actorId, version: 1, body })
  const commit = create(CommitSchema, { id: commandId, time: timestampNow(), events: [event] })
  await store.append({ stream: historyStream(partition), subject: historySubject(partition, groupId, 'group'), commit })
  await bus.close()
}

const founding = (kind: GroupKind, ownerId: string, memberIds: string[]): EventBody => ({
  case: 'groupCreated',
  value: create(GroupCreatedSchema, { kind, name: kind === GroupKind.DIRECT ? '' : 'Ben', ownerId, memberIds }),
})

describe('the chat of two people', () => {
  test('is theirs alone, whatever ids somebody else has used before', async () => {
    const [ann, ben, eve] = [await person('Ann'), await person('Ben'), await person('Eve')]
    const guess = computableChatId(ann.id, ben.id)
    const trap = { commandId: guess, kind: GroupKind.GROUP, name: 'Ben', memberIds: [ann.id, ben.id] }
    expect((await eve.groups.createGroup(trap)).group?.id).not.toBe(guess)
    const { chat, created } = await openChat(ann, ben)
    expect(created).toBe(true)
    expect(chat).toMatchObject({ kind: GroupKind.DIRECT, memberCount: 2 })
    expect(new Set(chat.directUserIds)).toEqual(new Set([ann.id, ben.id]))
    await post(ann, chat.id, 'only for you, Ben')
    expect(await reasonOf(eve.groups.listMessages({ groupId: chat.id }))).toBe('NOT_A_MEMBER')
    expect((await openChat(ben, ann)).chat.id).toBe(chat.id)
  })

  test('is not found by whoever computes with the ids of both', async () => {
    const [ann, ben, eve] = [await person(), await person(), await person()]
    await openChat(ann, ben)
    const ask = (groupId: string) => reasonOf(eve.membership.joinGroup({ commandId: newId(), groupId }))
    expect(await ask(computableChatId(ann.id, ben.id))).toBe(await ask(newId()))
  })

  test('goes on when an earlier release made it', async () => {
    const [ann, ben] = [await person(), await person()]
    const old = computableChatId(ann.id, ben.id)
    await written(old, ann.id, newId(), founding(GroupKind.DIRECT, '', [ann.id, ben.id]))
    await post(ann, old, 'from before')
    expect(await openChat(ben, ann)).toMatchObject({ created: false, chat: { id: old } })
    expect(await openChat(ann, ben)).toMatchObject({ created: false, chat: { id: old } })
    expect(await texts(ben, old)).toEqual(['from before'])
  })

  test('is no group that somebody had founded in its place under an earlier release', async () => {
    const [ann, ben, eve] = [await person(), await person(), await person()]
    const taken = computableChatId(ann.id, ben.id)
    await written(taken, eve.id, taken, founding(GroupKind.GROUP, eve.id, [eve.id, ann.id, ben.id]))
    await post(eve, taken, 'mine')
    const { chat, created } = await openChat(ann, ben)
    expect(created).toBe(true)
    expect(chat.kind).toBe(GroupKind.DIRECT)
    expect(chat.id).not.toBe(taken)
  })

  test('is with the other person, also when the founder is named beside them', async () => {
    const [ann, ben] = [await person(), await person()]
    const request = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [ann.id, ben.id] }
    const { group: chat } = await ann.groups.createGroup(request)
    expect((await openChat(ben, ann)).chat.id).toBe(chat?.id)
  })
})

describe('a repeated CreateGroup', () => {
  test('is answered to its founder only, and only with the same content', async () => {
    const [ann, ben, eve] = [await person(), await person(), await person()]
    const request = {
      commandId: newId(),
      kind: GroupKind.GROUP,
      name: 'Chess',
      topic: 'e4',
      memberIds: [ben.id, eve.id],
    }
    const { group: made } = await ann.groups.createGroup(request)
    const again = (change: object) => reasonOf(ann.groups.createGroup({ ...request, ...change }))
    expect(await again({ name: 'Go' })).toBe('COMMAND_ID_REUSED')
    expect(await again({ topic: '' })).toBe('COMMAND_ID_REUSED')
    expect(await again({ memberIds: [ben.id] })).toBe('COMMAND_ID_REUSED')
    expect(await again({ kind: GroupKind.CHANNEL })).toBe('COMMAND_ID_REUSED')
    expect(await again({ kind: GroupKind.DIRECT, memberIds: [ben.id] })).toBe('COMMAND_ID_REUSED')
    expect(await reasonOf(eve.groups.createGroup(request))).toBe('COMMAND_ID_REUSED')
    // What has become of the group since changes nothing of the first request.
    await ann.groups.updateGroup({ commandId: newId(), groupId: made!.id, name: 'Checkers' })
    const retry = { ...request, memberIds: [eve.id, ben.id] }
    expect(await ann.groups.createGroup(retry)).toMatchObject({ created: false, group: { id: made?.id } })
    await ann.groups.deleteGroup({ commandId: newId(), groupId: made!.id })
    expect(await reasonOf(ann.groups.createGroup(request))).toBe('GROUP_DELETED')
  })

  test('of an earlier release founds no second group', async () => {
    const [ann, ben] = [await person(), await person()]
    const old = newId()
    await written(old, ann.id, old, founding(GroupKind.GROUP, ann.id, [ann.id, ben.id]))
    await post(ann, old, 'here')
    const request = { commandId: old, kind: GroupKind.GROUP, name: 'Ben', memberIds: [ben.id] }
    expect(await reasonOf(ann.groups.createGroup(request))).toBe('COMMAND_ID_REUSED')
  })
})

describe('a webhook', () => {
  const gateway = () => system.client(GroupService)

  test('has an id of its own, and speaks in nobody’s name', async () => {
    const [ann, ben] = [await person(), await person()]
    const groupId = await group(ann, [ben])
    const { webhook, token } = await ann.groups.createWebhook({ commandId: ben.id, groupId, name: 'CI' })
    expect(webhook?.id).not.toBe(ben.id)
    await gateway().postByWebhook({ token, messageId: newId(), text: 'built' })
    const { messages } = await ben.groups.listMessages({ groupId })
    expect(messages).toMatchObject([{ authorId: webhook?.id, authorName: 'CI' }])
    expect((await ben.groups.listReadStates({ groupId })).states).toMatchObject([{ unread: 1 }])
  })

  test('of an earlier release with the id of a member is silent', async () => {
    const [ann, ben] = [await person(), await person()]
    const groupId = await group(ann, [ben])
    const token = 'a token that an earlier release has given out'
    const tokenHash = createHash('sha256').update(token).digest()
    const value = create(WebhookCreatedSchema, { webhookId: ben.id, name: 'CI', tokenHash })
    await written(groupId, ann.id, ben.id, { case: 'webhookCreated', value })
    expect(await reasonOf(gateway().postByWebhook({ token, messageId: newId(), text: 'I resign' }))).toBe(
      'WEBHOOK_NOT_FOUND',
    )
    expect(await texts(ben, groupId)).toEqual([])
  })

  test('gives its token again only to whoever made it, with the same name, as long as they may', async () => {
    const [ann, ben] = [await person(), await person()]
    const groupId = await group(ann, [ben])
    await ann.membership.changeRole({ commandId: newId(), groupId, userId: ben.id, role: Role.ADMIN })
    const request = { commandId: newId(), groupId, name: 'CI' }
    const first = await ben.groups.createWebhook(request)
    expect((await ben.groups.createWebhook(request)).token).toBe(first.token)
    expect(await reasonOf(ann.groups.createWebhook(request))).toBe('COMMAND_ID_REUSED')
    expect(await reasonOf(ben.groups.createWebhook({ ...request, name: 'Other' }))).toBe('COMMAND_ID_REUSED')
    const other = await group(ben)
    expect(await reasonOf(ben.groups.createWebhook({ ...request, groupId: other }))).toBe('COMMAND_ID_REUSED')
    await ann.membership.changeRole({ commandId: newId(), groupId, userId: ben.id, role: Role.MEMBER })
    expect(await reasonOf(ben.groups.createWebhook(request))).toBe('NOT_PERMITTED')
  })
})

describe('the id of a message', () => {
  test('is answered again to its author, and with what it said first', async () => {
    const [ann, ben] = [await person(), await person()]
    const groupId = await group(ann, [ben])
    const [head, messageId] = [newId(), newId()]
    await post(ann, groupId, 'head', head)
    await post(ann, groupId, 'first words', messageId)
    const again = (change: object) =>
      reasonOf(ann.groups.postMessage({ messageId, groupId, text: 'first words', ...change }))
    expect(await again({})).toBe('accepted')
    expect(await again({ text: 'other words' })).toBe('COMMAND_ID_REUSED')
    expect(await again({ replyTo: head })).toBe('COMMAND_ID_REUSED')
    expect(await again({ threadId: head })).toBe('COMMAND_ID_REUSED')
    expect(await reasonOf(post(ben, groupId, 'first words', messageId))).toBe('COMMAND_ID_REUSED')
    await ann.groups.editMessage({ commandId: newId(), groupId, messageId, text: 'edited words' })
    expect(await again({})).toBe('accepted')
    expect(await again({ text: 'edited words' })).toBe('COMMAND_ID_REUSED')
    expect(await texts(ben, groupId)).toEqual(['head', 'edited words'])
  })

  test('means nothing in another group', async () => {
    const [ann, eve] = [await person(), await person()]
    const [hers, other] = [await group(ann), await group(eve)]
    const messageId = newId()
    await post(ann, hers, 'secret', messageId)
    await post(eve, other, 'mine', messageId)
    expect(await texts(eve, other)).toEqual(['mine'])
    expect(await texts(ann, hers)).toEqual(['secret'])
  })

  test('of a webhook is answered again to that webhook, and with the same words', async () => {
    const [ann] = [await person()]
    const groupId = await group(ann)
    const gateway = system.client(GroupService)
    const make = (name: string) => ann.groups.createWebhook({ commandId: newId(), groupId, name })
    const [{ token }, { token: another }] = [await make('one'), await make('two')]
    const messageId = newId()
    const said = (by: string, text: string, authorName = '') =>
      reasonOf(gateway.postByWebhook({ token: by, messageId, text, authorName }))
    expect(await said(token, 'built')).toBe('accepted')
    expect(await said(token, 'built')).toBe('accepted')
    expect(await said(token, 'broken')).toBe('COMMAND_ID_REUSED')
    expect(await said(token, 'built', 'Ann')).toBe('COMMAND_ID_REUSED')
    expect(await said(another, 'built')).toBe('COMMAND_ID_REUSED')
    expect(await texts(ann, groupId)).toEqual(['built'])
  })
})

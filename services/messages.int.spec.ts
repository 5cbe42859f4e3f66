import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { NewcomerHistory } from '@beseda/proto/group/v1/events'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { logText } from './testing/log-text.js'
import { type Person, peopleOf } from './testing/people.js'

/** Everything that can be done to a message, on real servers with the permissions of production. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
})
afterAll(() => system?.stop())
const { person, group, say, texts } = peopleOf(() => system)
const logOf = (groupId: string) => logText(system, groupId)

const commandId = () => newId()
const settle = (owner: Person, groupId: string, settings: object) =>
  owner.groups.updateGroup({ commandId: commandId(), groupId, settings })
describe('editing', () => {
  test('is for the author, leaves a mark, and is no event when nothing changes', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const { id: messageId } = await say(ann, groupId, 'helo')
    const edit = (by: Person, text: string) =>
      by.groups.editMessage({ commandId: commandId(), groupId, messageId, text })
    const { message, seq } = await edit(ann, 'hello')
    expect(message).toMatchObject({ text: 'hello', editedAt: expect.anything() })
    expect((await edit(ann, 'hello')).seq).toBe(seq)
    expect(await reasonOf(edit(bob, 'hacked'))).toBe('NOT_PERMITTED')
    expect(await reasonOf(edit(ann, ' '))).toBe('INVALID_REQUEST')
    expect(await texts(bob, groupId)).toEqual(['hello'])
  })
})

describe('deleting for all', () => {
  test('erases the content from the log and the view, and keeps what stood in the same commit', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    // Many at once, so that they share commits.
    const said = await Promise.all(
      Array.from({ length: 60 }, (_, i) => say(i % 2 ? ann : bob, groupId, `secret-${i}-word`)),
    )
    const edited = said[0]!
    await bob.groups.editMessage({ commandId: commandId(), groupId, messageId: edited.id, text: 'edited-secret-word' })
    await ann.groups.setReaction({
      commandId: commandId(),
      groupId,
      messageId: said[2]!.id,
      emoji: '👍',
      present: true,
    })
    const gone = said.filter((_, i) => i % 3 === 0)
    const kept = said.filter((_, i) => i % 3 !== 0)
    const before = (await bob.groups.listMessages({ groupId, limit: 200 })).messages
    for (const { id: messageId } of gone) await ann.groups.deleteMessage({ commandId: commandId(), groupId, messageId })

    await vi.waitFor(async () => {
      const log = await logOf(groupId)
      for (const { text } of gone) expect(log).not.toContain(text)
      expect(log).not.toContain('edited-secret-word')
      for (const { text } of kept) expect(log).toContain(text)
    })
    const after = (await bob.groups.listMessages({ groupId, limit: 200 })).messages
    const goneIds = new Set(gone.map(({ id }) => id))
    expect(after).toEqual(before.filter(({ id }) => !goneIds.has(id)))
    const found = await bob.groups.searchMessages({ groupId, query: 'secret word', limit: 50 })
    expect(new Set(found.messages.map(({ id }) => id))).toEqual(new Set(kept.map(({ id }) => id)))

    // A view that is built anew from the log says the same.
    const replica = await system.run(groupService)
    const asked = await Promise.all(Array.from({ length: 20 }, () => bob.groups.listMessages({ groupId, limit: 200 })))
    for (const { messages } of asked) expect(messages).toEqual(after)
    await replica.stop()
    // And no file of a view holds what was said, once its pages are written.
    const files = readdirSync(system.folder, { recursive: true, withFileTypes: true }).filter(
      ({ name }) => name === 'history.sqlite',
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name)).toString('latin1')
      expect(bytes).not.toContain('edited-secret-word')
    }
  })

  test('is for the author and for those above; twice is as once; the audit says that, never what', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const groupId = await group(ann, [bob, eve])
    const { id: messageId } = await say(bob, groupId, 'unspeakable')
    const remove = (by: Person) => by.groups.deleteMessage({ commandId: commandId(), groupId, messageId })
    expect(await reasonOf(remove(eve))).toBe('NOT_PERMITTED')
    const { seq } = await remove(ann)
    await remove(bob)
    expect(await texts(eve, groupId)).toEqual([])
    const { entries } = await ann.history.listAudit({ groupId, minSeq: seq })
    expect(entries[0]?.event).toMatchObject({ actorId: ann.id, body: { case: 'messageDeleted' } })
    expect(JSON.stringify(entries, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'unspeakable',
    )
    expect(await reasonOf(eve.history.listAudit({ groupId }))).toBe('NOT_PERMITTED')
  })

  test('for me is for me alone, and does not count as unread', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const { id: messageId } = await say(ann, groupId, 'boring')
    await bob.groups.deleteMessage({ commandId: commandId(), groupId, messageId, forMe: true })
    expect(await texts(bob, groupId)).toEqual([])
    expect(await texts(ann, groupId)).toEqual(['boring'])
    expect((await bob.groups.listReadStates({ groupId })).states).toMatchObject([{ unread: 0 }])
  })
})

test('disappearing messages are gone at their time, and then from the log', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  await settle(ann, groupId, { messageTtlS: 1 })
  const { expiresAt } = await say(ann, groupId, 'this-will-vanish')
  expect(await texts(bob, groupId)).toEqual(['this-will-vanish'])
  await vi.waitFor(async () => expect(await texts(bob, groupId)).toEqual([]))
  expect(Date.now()).toBeGreaterThanOrEqual(timestampMs(expiresAt!))
  await settle(ann, groupId, { messageTtlS: 0 })
  const { id: messageId } = await say(ann, groupId, 'stays')
  // The eraser has a round after every deletion.
  await ann.groups.deleteMessage({ commandId: commandId(), groupId, messageId })
  await vi.waitFor(async () => expect(await logOf(groupId)).not.toContain('this-will-vanish'))
})

describe('answers', () => {
  test('threads have a line of their own, and their head counts them', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const head = await say(ann, groupId, 'Who plays tonight?')
    await say(bob, groupId, 'me', { threadId: head.id })
    const second = await say(ann, groupId, 'good', { threadId: head.id })
    await say(ann, groupId, 'next topic')
    expect(await texts(bob, groupId)).toEqual(['Who plays tonight?', 'next topic'])
    const thread = await bob.groups.listMessages({ groupId, threadId: head.id })
    expect(thread.messages.map(({ text }) => text)).toEqual(['me', 'good'])
    expect((await bob.groups.getMessage({ groupId, messageId: head.id })).message).toMatchObject({ replyCount: 2 })
    expect(await reasonOf(say(bob, groupId, 'deeper', { threadId: second.id }))).toBe('INVALID_REQUEST')
    // A page at a time, with an answer that is for the group as well.
    const both = await say(bob, groupId, 'at eight', { threadId: head.id, alsoToGroup: true })
    expect(await texts(bob, groupId)).toEqual(['Who plays tonight?', 'next topic', 'at eight'])
    const newest = await bob.groups.listMessages({ groupId, threadId: head.id, limit: 1 })
    expect(newest).toMatchObject({ messages: [{ id: both.id, alsoInThread: head.id }], hasOlder: true })
    const older = await bob.groups.listMessages({ groupId, threadId: head.id, beforeSeq: both.seq, limit: 1 })
    expect(older).toMatchObject({ messages: [{ text: 'good' }], hasOlder: true, hasNewer: true })
    await bob.groups.deleteMessage({ commandId: commandId(), groupId, messageId: both.id })
    const left = await bob.groups.listMessages({ groupId, threadId: head.id })
    expect(left.messages.map(({ text }) => text)).toEqual(['me', 'good'])
    // The head of a thread stays as a place without content.
    await ann.groups.deleteMessage({ commandId: commandId(), groupId, messageId: head.id })
    const [first] = (await bob.groups.listMessages({ groupId })).messages
    expect(first).toMatchObject({ id: head.id, deleted: true, text: '', replyCount: 2 })
  })

  test('a forwarded message says whose it was, and is a copy', async () => {
    const [ann, bob] = [await person('Ann'), await person('Bob')]
    const [source, target] = [await group(ann, [bob]), await group(bob)]
    const original = await say(ann, source, 'worth passing on')
    const forward = { groupId: source, messageId: original.id }
    const messageId = newId()
    await bob.groups.postMessage({ messageId, groupId: target, forward })
    expect((await bob.groups.getMessage({ groupId: target, messageId })).message).toMatchObject({
      text: 'worth passing on',
      authorId: bob.id,
      // Who looks asks for the name: it goes with the account.
      forwarded: { authorId: ann.id, authorName: '' },
    })
    const eve = await person()
    const elsewhere = await group(eve)
    expect(await reasonOf(eve.groups.postMessage({ messageId: newId(), groupId: elsewhere, forward }))).toBe(
      'NOT_A_MEMBER',
    )
  })
})

describe('reactions, pins, mentions', () => {
  test('reactions are one of a kind and person, and of emoji only', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const { id: messageId } = await say(ann, groupId, 'done')
    const react = (by: Person, emoji: string, present = true) =>
      by.groups.setReaction({ commandId: commandId(), groupId, messageId, emoji, present })
    for (const by of [ann, bob, bob]) await react(by, '🎉')
    await react(ann, '❤️')
    await react(ann, '❤️', false)
    const { message } = await bob.groups.getMessage({ groupId, messageId })
    expect(message?.reactions).toMatchObject([{ emoji: '🎉', userIds: [ann.id, bob.id] }])
    // Every keyboard's form of an emoji is the same reaction.
    await react(ann, '❤')
    await react(bob, '❤️')
    const { message: again } = await bob.groups.getMessage({ groupId, messageId })
    expect(again?.reactions[1]).toMatchObject({ emoji: '❤️', userIds: [ann.id, bob.id] })
    expect(await reasonOf(react(ann, 'no'))).toBe('INVALID_REQUEST')
    expect(await reasonOf(react(ann, '🎉🎉'))).toBe('INVALID_REQUEST')
  })

  test('pins follow the group’s permissions', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const { id: messageId } = await say(ann, groupId, 'rules')
    const pin = (by: Person, pinned: boolean) =>
      by.groups.setPinned({ commandId: commandId(), groupId, messageId, pinned })
    await pin(bob, true)
    expect((await ann.groups.listPins({ groupId })).messages).toMatchObject([{ id: messageId, pinned: true }])
    await settle(ann, groupId, { permissions: [{ permission: Permission.PIN, leastRole: Role.ADMIN }] })
    expect(await reasonOf(pin(bob, false))).toBe('NOT_PERMITTED')
  })

  test('mentions count for whom they call, and only members are called', async () => {
    const [ann, bob, stranger] = [await person(), await person(), await person()]
    const groupId = await group(ann, [bob])
    const state = async (who: Person) => (await who.groups.listReadStates({ groupId })).states[0]
    const message = await say(ann, groupId, `hi <@${bob.id}> and <@${stranger.id}>`)
    expect(message.mentions?.userIds).toEqual([bob.id])
    await say(ann, groupId, '<@all> hear')
    await say(ann, groupId, '<@admins> hear')
    const mine = await say(bob, groupId, 'what?')
    const reply = await say(ann, groupId, 'this', { replyTo: mine.id })
    expect(reply.mentions).toMatchObject({ userIds: [], repliedUserId: bob.id })
    expect(await state(bob)).toMatchObject({ unread: 4, mentions: 3 })
    // An edit leaves it a reply.
    await ann.groups.editMessage({ commandId: commandId(), groupId, messageId: reply.id, text: 'that' })
    expect(await state(bob)).toMatchObject({ unread: 4, mentions: 3 })
    expect(await state(ann)).toMatchObject({ unread: 1, mentions: 0 })
  })
})

describe('read state', () => {
  test('the watermark only rises, whatever two devices say at once, and is the same on every device', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const said: Awaited<ReturnType<typeof say>>[] = []
    for (let i = 0; i < 10; i++) said.push(await say(ann, groupId, String(i)))
    const mark = (i: number) => bob.groups.markRead({ groupId, seq: said[i]!.seq, index: said[i]!.index })
    await Promise.all([mark(3), mark(7), mark(5), mark(1)])
    const [state] = (await bob.groups.listReadStates({})).states
    expect(state).toMatchObject({ readSeq: said[7]!.seq, unread: 2 })
    expect((await mark(2)).state).toMatchObject({ readSeq: said[7]!.seq, unread: 2 })
    expect((await ann.groups.listReaders({ groupId, messageId: said[7]!.id })).userIds).toEqual([bob.id])
    expect((await ann.groups.listReaders({ groupId, messageId: said[8]!.id })).userIds).toEqual([])
    // Nobody reads what has not been written.
    const { state: far } = await bob.groups.markRead({ groupId, seq: 1_000_000n, index: 0 })
    await say(ann, groupId, 'new')
    expect((await bob.groups.listReadStates({ groupId, minSeq: far!.messagesSeq })).states[0]).toMatchObject({
      unread: 1,
    })
  })

  test('answers in a followed thread are unread until it is read, whatever is read of the main line', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const head = await say(ann, groupId, 'shall we?')
    const answer = await say(bob, groupId, 'yes', { threadId: head.id })
    await ann.groups.markRead({ groupId, seq: answer.seq, index: answer.index, backs: 0 })
    const unread = async (who: Person) => (await who.groups.listThreads({ unread: true })).threads
    expect(await unread(ann)).toMatchObject([{ groupId, follows: true, unread: 1, mentions: 0, last: { text: 'yes' } }])
    await ann.groups.markRead({ groupId, threadId: head.id, seq: answer.seq, index: answer.index, backs: 0 })
    expect(await unread(ann)).toEqual([])
    const follow = { commandId: commandId(), groupId, threadId: head.id, follows: false }
    expect((await bob.groups.followThread(follow)).thread).toMatchObject({ follows: false })
    expect((await bob.groups.listThreads({ groupId })).threads).toEqual([])
  })

  test('only its person moves it back, and a device that has not heard of that does not undo it', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const [first, last] = [await say(ann, groupId, 'one'), await say(ann, groupId, 'two')]
    await bob.groups.markRead({ groupId, seq: last.seq, index: last.index, backs: 0 })
    const back = { groupId, seq: first.seq, index: first.index, backs: 0 }
    const { state } = await bob.groups.markUnread(back)
    expect(state).toMatchObject({ unread: 2, backs: 1, markedUnread: true })
    const late = await bob.groups.markRead({ groupId, seq: last.seq, index: last.index, backs: 0 })
    expect([late.state, (await bob.groups.listReadStates({ groupId })).states[0]]).toEqual([state, state])
    expect((await ann.groups.listReaders({ groupId, messageId: last.id })).userIds).toEqual([bob.id])
    const read = await bob.groups.markRead({ groupId, seq: last.seq, index: last.index, backs: 1 })
    expect(read.state).toMatchObject({ unread: 0, backs: 1, markedUnread: false })
  })
})

describe('history', () => {
  test('is jumped into by message and by date', async () => {
    const ann = await person()
    const groupId = await group(ann)
    const said: Awaited<ReturnType<typeof say>>[] = []
    for (let i = 0; i < 21; i++) said.push(await say(ann, groupId, String(i)))
    const around = await ann.groups.listMessages({ groupId, aroundMessageId: said[10]!.id, limit: 6 })
    expect(around).toMatchObject({ hasOlder: true, hasNewer: true })
    expect(around.messages.map(({ text }) => text)).toEqual(['7', '8', '9', '10', '11', '12'])
    const at = await ann.groups.listMessages({ groupId, atTime: said[15]!.sentAt!, limit: 4 })
    expect(at.messages.map(({ text }) => text)).toContain('15')
    const future = await ann.groups.listMessages({ groupId, atTime: timestampFromMs(Date.now() + 60_000), limit: 4 })
    expect(future.messages.map(({ text }) => text)).toEqual(['19', '20'])
    expect(await reasonOf(ann.groups.listMessages({ groupId, aroundMessageId: newId() }))).toBe('MESSAGE_NOT_FOUND')
  })

  test('from joining on is all that newcomers see, where the group says so', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    const old = await say(ann, groupId, 'before bob')
    await settle(ann, groupId, { newcomerHistory: NewcomerHistory.FROM_JOINING })
    await ann.membership.addMembers({ commandId: commandId(), groupId, userIds: [bob.id] })
    await vi.waitFor(async () => expect(await texts(bob, groupId)).toEqual([]))
    await say(ann, groupId, 'after bob')
    expect(await texts(bob, groupId)).toEqual(['after bob'])
    expect((await bob.groups.searchMessages({ groupId, query: 'bob' })).messages.map(({ text }) => text)).toEqual([
      'after bob',
    ])
    expect(await reasonOf(bob.groups.getMessage({ groupId, messageId: old.id }))).toBe('MESSAGE_NOT_FOUND')
    expect(await texts(ann, groupId)).toEqual(['before bob', 'after bob'])
  })
})

describe('limits', () => {
  test('slow mode lets a member post once in a while, with the time to wait; admins are free', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    await settle(ann, groupId, { slowModeS: 60 })
    await say(bob, groupId, 'one')
    expect(await reasonOf(say(bob, groupId, 'two'))).toBe('SLOW_MODE')
    await say(ann, groupId, 'a')
    await say(ann, groupId, 'b')
  })

  test('a muted member reads and does not post, until the mute ends', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    await ann.membership.muteMember({ commandId: commandId(), groupId, userId: bob.id, forS: 60 })
    expect(await reasonOf(say(bob, groupId, 'x'))).toBe('MUTED')
    expect(await texts(bob, groupId)).toEqual([])
    await ann.membership.muteMember({ commandId: commandId(), groupId, userId: bob.id, forS: 0 })
    await say(bob, groupId, 'free')
  })

  test.each([
    ['a tower of marks', `a${'\u0301'.repeat(20)}`, 'BAD_TEXT'],
    ['invisible characters', '\u200b\u2060\ufe0f', 'INVALID_REQUEST'],
    ['a text that is too long', 'x'.repeat(4001), 'INVALID_REQUEST'],
    ['a huge list of mentions', Array.from({ length: 60 }, () => `<@${newId()}>`).join(''), 'TOO_MANY'],
    ['nothing', '  ', 'INVALID_REQUEST'],
  ])('%s: refused', async (_, text, reason) => {
    const ann = await person()
    expect(await reasonOf(say(ann, await group(ann), text))).toBe(reason)
  })

  test('an archived group is read, not written', async () => {
    const ann = await person()
    const groupId = await group(ann)
    await say(ann, groupId, 'last words')
    await ann.groups.updateGroup({ commandId: commandId(), groupId, archived: true })
    expect(await reasonOf(say(ann, groupId, 'x'))).toBe('ARCHIVED')
    expect(await texts(ann, groupId)).toEqual(['last words'])
  })
})

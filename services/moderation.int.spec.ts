import { commandCommit, JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { historyStream, historySubject, personalStream } from '@beseda/proto'
import { GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { ReportOutcome, ReportReason } from '@beseda/proto/moderation/v1/events'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** What members tell the administrators, and what these do about it and to groups. Who registered first is one. */
let system: TestSystem
let ada: Person
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
  ada = await person('Ada Admin')
})
afterAll(() => system?.stop())
const { person, group, say, texts } = peopleOf(() => system)

const moderation = ({ id: userId }: Person) => system.client(ModerationService, { userId })
const report = (by: Person, groupId: string, messageId: string, words = '') =>
  moderation(by).reportMessage({ commandId: newId(), groupId, messageId, reason: ReportReason.ABUSE, words })
const close = (by: Person, groupId: string, messageId: string, outcome: ReportOutcome, note = '') =>
  moderation(by).closeReport({ commandId: newId(), groupId, messageId, outcome, note })
const reportsOf = async (messageId: string, closed = false) =>
  (await moderation(ada).listReports({ closed, limit: 50 })).reports.filter((one) => one.messageId === messageId)

/** All that the log holds beside the groups' histories, as text. */
async function personalText(groupId: string): Promise<string> {
  const bus = await system.nats.connect('admin')
  const store = await JetStreamEventStore.open(bus)
  const stored = await store.read(personalStream(partitionOf(groupId, 2)), { afterSeq: 0, limit: 10_000 })
  await bus.close()
  return stored.map(({ bytes }) => Buffer.from(bytes).toString('utf8')).join('\n')
}

async function chat() {
  const [ann, bob, eve] = [await person('Ann'), await person('Bob'), await person('Eve')]
  return { ann, bob, eve, groupId: await group(ann, [bob, eve]) }
}

describe('a report', () => {
  test('shows the wording that was seen, also when it is edited after that, and nothing else', async () => {
    const { ann, bob, groupId } = await chat()
    await say(ann, groupId, 'not for administrators')
    const { id } = await say(bob, groupId, 'first words')
    const edit = (text: string) => bob.groups.editMessage({ commandId: newId(), groupId, messageId: id, text })
    await edit('nasty words')
    await report(ann, groupId, id, 'see what he says')
    await edit('nice words')
    const found = await reportsOf(id)
    expect(found).toMatchObject([
      {
        ...{ groupId, groupName: 'Chess', authorId: bob.id, reporterId: ann.id, words: 'see what he says' },
        ...{ reason: ReportReason.ABUSE, text: 'nasty words', editedText: 'nice words', messageGone: false },
      },
    ])
    expect(JSON.stringify(found.map(({ text, words }) => [text, words]))).not.toContain('not for administrators')
  })

  test('is made once by each, by members only, and not of one’s own message', async () => {
    const { ann, bob, eve, groupId } = await chat()
    const stranger = await person('Stranger')
    const { id } = await say(bob, groupId, 'hello')
    await Promise.all([report(ann, groupId, id, 'one'), report(ann, groupId, id, 'one'), report(eve, groupId, id)])
    expect((await reportsOf(id)).map(({ reporterId }) => reporterId).sort()).toEqual([ann.id, eve.id].sort())
    expect(await reasonOf(report(bob, groupId, id))).toBe('NOT_PERMITTED')
    expect(await reasonOf(report(stranger, groupId, id))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(report(ann, groupId, newId()))).toBe('MESSAGE_NOT_FOUND')
  })

  test('is closed with a note; the next page of reports begins where the first ended', async () => {
    const { ann, bob, groupId } = await chat()
    const said = [await say(bob, groupId, 'one'), await say(bob, groupId, 'two'), await say(bob, groupId, 'three')]
    for (const { id } of said) await report(ann, groupId, id)
    const { open } = await moderation(ada).listReports({})
    await close(ada, groupId, said[0]!.id, ReportOutcome.DISMISSED, 'nothing wrong')
    expect(await reportsOf(said[0]!.id)).toEqual([])
    const [closed] = await reportsOf(said[0]!.id, true)
    expect(closed).toMatchObject({ outcome: ReportOutcome.DISMISSED, closedBy: ada.id, note: 'nothing wrong' })
    expect((await moderation(ada).listReports({})).open).toBe(open - 1)
    const first = await moderation(ada).listReports({ limit: 1 })
    const second = await moderation(ada).listReports({ limit: 1, cursor: first.next })
    expect([first, second].map(({ reports }) => reports[0]?.messageId)).toEqual([said[2]!.id, said[1]!.id])
  })

  test('with the message deleted: for everybody, and the words about it leave the log', async () => {
    const { ann, bob, eve, groupId } = await chat()
    const { id } = await say(bob, groupId, 'vile-secret')
    await report(ann, groupId, id, 'he said vile-quote')
    await report(eve, groupId, id, 'I saw vile-quote too')
    expect(await personalText(groupId)).toContain('vile-quote')
    await close(ada, groupId, id, ReportOutcome.MESSAGE_DELETED)
    expect(await texts(bob, groupId)).toEqual([])
    const closed = await reportsOf(id, true)
    expect(closed.map(({ text, words, messageGone }) => [text, words, messageGone])).toEqual([
      ['', '', true],
      ['', '', true],
    ])
    await expect.poll(() => personalText(groupId)).not.toContain('vile-quote')
    const { actions } = await ada.identity.listAdministratorActions({ limit: 1 })
    const action = {
      action: AdministratorAction.DELETE_MESSAGE,
      administratorId: ada.id,
      userId: bob.id,
      messageId: id,
    }
    expect(actions).toMatchObject([action])
  })

  test('when its author deletes the message, or the reporter their account, no word of it stays', async () => {
    const { ann, bob, eve, groupId } = await chat()
    const [one, other] = [await say(bob, groupId, 'one'), await say(bob, groupId, 'two')]
    await report(ann, groupId, one.id, 'quoted-of-one')
    await report(eve, groupId, other.id, 'words-of-eve')
    await bob.groups.deleteMessage({ commandId: newId(), groupId, messageId: one.id })
    expect(await reportsOf(one.id)).toMatchObject([{ words: '', text: '', messageGone: true }])
    await eve.identity.deleteAccount({ commandId: newId(), password: 'correct horse' })
    await vi.waitFor(async () => expect(await reportsOf(other.id)).toEqual([]), { interval: 100 })
    await expect.poll(() => personalText(groupId)).not.toMatch(/quoted-of-one|words-of-eve/)
    // A view that is built from what is left says the same.
    const fresh = await system.run(groupService)
    for (let i = 0; i < 4; i++) {
      expect(await reportsOf(one.id)).toMatchObject([{ words: '', messageGone: true }])
      expect(await reportsOf(other.id)).toEqual([])
    }
    await fresh.stop()
  })
})

describe('groups', () => {
  test('are listed with their sizes and last activity, direct chats never', async () => {
    const { ann, bob, groupId } = await chat()
    await ann.groups.createGroup({ commandId: newId(), kind: GroupKind.DIRECT, memberIds: [bob.id] })
    await say(bob, groupId, 'hello')
    const { groups, total } = await moderation(ada).listAllGroups({ limit: 50 })
    expect(groups[0]).toMatchObject({ id: groupId, name: 'Chess', memberCount: 3, ownerId: ann.id })
    expect(Number(groups[0]?.lastActivityAt?.seconds)).toBeGreaterThan(Date.now() / 1_000 - 60)
    expect(groups.map(({ kind }) => kind)).not.toContain(GroupKind.DIRECT)
    expect(total).toBe(groups.length)
    const first = await moderation(ada).listAllGroups({ query: 'CHES', limit: 1 })
    const second = await moderation(ada).listAllGroups({ query: 'ches', limit: 1, after: first.next })
    expect([first, second].map((page) => page.groups[0]?.id)).toEqual(groups.slice(0, 2).map(({ id }) => id))
    expect((await moderation(ada).listAllGroups({ query: 'no such name' })).groups).toEqual([])
  })

  test('are archived, opened again and deleted, for all their members', async () => {
    const { ann, groupId } = await chat()
    const archive = (archived: boolean) => moderation(ada).setGroupArchived({ commandId: newId(), groupId, archived })
    await archive(true)
    expect(await reasonOf(say(ann, groupId, 'hello'))).toBe('ARCHIVED')
    await archive(false)
    expect(await reasonOf(say(ann, groupId, 'hello'))).toBe('accepted')
    await moderation(ada).removeGroup({ commandId: newId(), groupId })
    expect(await reasonOf(say(ann, groupId, 'hello'))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(archive(true))).toBe('GROUP_NOT_FOUND')
  })

  test('a direct chat is nobody else’s business', async () => {
    const { ann, bob } = await chat()
    const request = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [bob.id] }
    const groupId = (await ann.groups.createGroup(request)).group?.id ?? ''
    const attempt = moderation(ada).removeGroup({ commandId: newId(), groupId })
    expect(await reasonOf(attempt)).toBe('DIRECT_CHAT')
  })
})

test('nothing of it is for members, not even for the owner of the group, and a failed attempt is not in the audit log', async () => {
  const { ann, bob, eve, groupId } = await chat()
  const { id } = await say(bob, groupId, 'hello')
  await report(eve, groupId, id)
  const asOwner = moderation(ann)
  const before = (await ada.identity.listAdministratorActions({ limit: 1 })).actions[0]?.seq
  const attempts = [
    asOwner.listReports({}),
    close(ann, groupId, id, ReportOutcome.MESSAGE_DELETED),
    asOwner.listAllGroups({}),
    asOwner.setGroupArchived({ commandId: newId(), groupId, archived: true }),
    asOwner.removeGroup({ commandId: newId(), groupId }),
  ]
  expect(await Promise.all(attempts.map((attempt) => reasonOf(attempt)))).toEqual(Array(5).fill('NOT_PERMITTED'))
  expect(await texts(bob, groupId)).toEqual(['hello'])
  expect((await ada.identity.listAdministratorActions({ limit: 1 })).actions[0]?.seq).toBe(before)
})

describe('how long messages are kept', () => {
  const days = (group: number) => ({ direct: 0, group, channel: 0 })
  const setHold = (by: Person, ids: { groupId?: string; userId?: string }, held: boolean) =>
    moderation(by).setHold({ commandId: newId(), ...ids, held, reason: held ? 'a lawsuit' : '' })
  const inLog = async (groupId: string, text: string): Promise<boolean> => {
    const bus = await system.nats.connect('admin')
    const store = await JetStreamEventStore.open(bus)
    const stored = await store.read(historyStream(partitionOf(groupId, 2)), { afterSeq: 0, limit: 10_000 })
    await bus.close()
    return stored.some(({ bytes }) => Buffer.from(bytes).includes(text))
  }

  test('is set by administrators, and the audit log says who did it', async () => {
    const { ann, bob, groupId } = await chat()
    await moderation(ada).setRetention({ commandId: newId(), days: days(3_650) })
    await setHold(ada, { groupId }, true)
    await setHold(ada, { userId: bob.id }, true)
    const { rule, holds } = await moderation(ada).getRetention({})
    expect(rule).toMatchObject({ directDays: 0, groupDays: 3_650 })
    expect(holds).toMatchObject([
      { groupId, groupName: 'Chess', reason: 'a lawsuit', placedBy: ada.id },
      { userId: bob.id, placedBy: ada.id },
    ])
    const { actions } = await ada.identity.listAdministratorActions({ limit: 3 })
    const told = actions.map(({ action, administratorId, detail }) => [
      AdministratorAction[action],
      administratorId,
      detail,
    ])
    expect(told).toEqual([
      ['PLACE_HOLD', ada.id, ''],
      ['PLACE_HOLD', ada.id, ''],
      ['CHANGE_RETENTION', ada.id, '0/3650/0'],
    ])
    expect(await reasonOf(setHold(ada, { groupId: newId() }, true))).toBe('GROUP_NOT_FOUND')
    expect(await reasonOf(setHold(ada, { userId: newId() }, true))).toBe('USER_NOT_FOUND')
    expect(await reasonOf(setHold(ann, { groupId }, false))).toBe('NOT_PERMITTED')
    await setHold(ada, { groupId }, false)
    await setHold(ada, { userId: bob.id }, false)
  })

  test('a held word stays in the log until its hold is released', async () => {
    const { ann, bob, groupId } = await chat()
    const { id: held } = await say(bob, groupId, 'a word on hold')
    const { id: free } = await say(ann, groupId, 'a word at liberty')
    await setHold(ada, { userId: bob.id }, true)
    await bob.groups.deleteMessage({ commandId: newId(), groupId, messageId: held })
    await ann.groups.deleteMessage({ commandId: newId(), groupId, messageId: free })
    expect(await texts(ann, groupId)).toEqual([])
    await expect.poll(() => inLog(groupId, 'a word at liberty')).toBe(false)
    expect(await inLog(groupId, 'a word on hold')).toBe(true)
    await setHold(ada, { userId: bob.id }, false)
    await expect.poll(() => inLog(groupId, 'a word on hold')).toBe(false)
  })

  test('what is older goes from the conversation and from the log', async () => {
    const { ann, groupId } = await chat()
    const partition = partitionOf(groupId, 2)
    const posted = create(MessagePostedSchema, { messageId: newId(), authorId: ann.id, text: 'said long ago' })
    const now = new Date(Date.now() - 4_000 * 24 * 3_600_000)
    const commit = commandCommit({ commandId: posted.messageId, actorId: ann.id, now }, [
      { case: 'messagePosted', value: posted },
    ])
    const bus = await system.nats.connect('admin')
    const store = await JetStreamEventStore.open(bus)
    await moderation(ada).setRetention({ commandId: newId(), days: days(0) })
    await store.append({
      stream: historyStream(partition),
      subject: historySubject(partition, groupId, 'messages'),
      commit,
    })
    await bus.close()
    await say(ann, groupId, 'said today')
    expect(await texts(ann, groupId)).toEqual(['said long ago', 'said today'])
    await moderation(ada).setRetention({ commandId: newId(), days: days(3_650) })
    await expect.poll(() => texts(ann, groupId)).toEqual(['said today'])
    await expect.poll(() => inLog(groupId, 'said long ago')).toBe(false)
  })
})

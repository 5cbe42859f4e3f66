import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { Contents } from '@beseda/proto/group/v1/group_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** What a person finds, on real servers with the permissions of production. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
})
afterAll(() => system?.stop())
const { person, group, say } = peopleOf(() => system)

test('finds word forms and beginnings in Latin and Cyrillic, by filters, page by page', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  await say(ann, groupId, 'Завтра обсуждаем новые сообщения о турнире')
  await say(bob, groupId, 'The runners were running: https://example.org/race')
  await say(ann, groupId, 'Ёлка уже стоит')
  const find = async (query: string, more: object = {}) =>
    (await ann.groups.searchMessages({ groupId, query, ...more })).messages.map(({ text }) => text.slice(0, 7))
  expect(await find('сообщение')).toEqual(['Завтра '])
  expect(await find('турн')).toEqual(['Завтра '])
  expect(await find('новое сообщ')).toEqual(['Завтра '])
  expect(await find('runs ')).toEqual(['The run'])
  expect(await find('елки')).toEqual(['Ёлка уж'])
  expect(await find('турнир елка')).toEqual([])
  expect(await find('', { authorId: bob.id })).toEqual(['The run'])
  expect(await find('', { has: [Contents.LINK] })).toEqual(['The run'])
  expect(await find('', { has: [Contents.PICTURE] })).toEqual([])
  expect(await find('run', { before: timestampFromMs(Date.now() - 60_000) })).toEqual([])
  expect(await find('run', { after: timestampFromMs(Date.now() - 60_000) })).toEqual(['The run'])
  expect(await find('" OR * NEAR(')).toEqual([])
  for (let i = 0; i < 7; i++) await say(ann, groupId, `page ${i}`)
  const first = await ann.groups.searchMessages({ groupId, query: 'page', limit: 4 })
  const second = await ann.groups.searchMessages({ groupId, query: 'page', limit: 4, cursor: first.next })
  const pages = [...first.messages, ...second.messages].map(({ text }) => text)
  expect(pages).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `page ${i}`))
  expect(second.next).toBe('')
})

test('finds by the pieces of scripts without spaces, by emoji, and by the beginning of a word whatever its stem', async () => {
  const ann = await person()
  const groupId = await group(ann)
  const said = ['我家在上海东边。', 'ฉันรักประเทศไทยมาก', 'party 🎉 time', 'co\u00adoperate', 'an organization']
  for (const text of said) await say(ann, groupId, text)
  const find = async (query: string) =>
    (await ann.groups.searchMessages({ groupId, query })).messages.map(({ text }) => text)
  for (const [i, query] of ['上海东', 'ประเทศไทย', '🎉', 'cooperate', 'organiz'].entries())
    expect(await find(query), query).toEqual([said[i]])
  // Its pairs of characters are there, but not one after another.
  await say(ann, groupId, '上海和海东')
  expect(await find('上海东')).toEqual([said[0]])
})

test('lists messages by filters alone: those before a day, that mention the caller, that are pinned, or that somebody has reacted to', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  const said = await say(ann, groupId, 'hello')
  await say(ann, groupId, `<@${bob.id}> come`)
  await say(ann, groupId, '<@admins> help')
  await say(bob, groupId, `<@${bob.id}> is me`)
  await ann.groups.setPinned({ commandId: newId(), groupId, messageId: said.id, pinned: true })
  const list = async (by: Person, filters: object) =>
    (await by.groups.searchMessages({ groupId, ...filters })).messages.map(({ text }) => text)
  expect(await list(bob, { mentionsMe: true })).toEqual([`<@${bob.id}> come`])
  expect(await list(ann, { mentionsMe: true })).toEqual([])
  await ann.membership.changeRole({ commandId: newId(), groupId, userId: bob.id, role: Role.ADMIN })
  await vi.waitFor(async () => expect(await list(bob, { mentionsMe: true })).toHaveLength(2))
  expect(await list(bob, { pinned: true })).toEqual(['hello'])
  expect(await list(bob, { pinned: true, query: 'come' })).toEqual([])
  const react = (by: Person, present = true) =>
    by.groups.setReaction({ commandId: newId(), groupId, messageId: said.id, emoji: '👍', present })
  const mine = { authorId: ann.id, reacted: true }
  await react(ann)
  expect(await list(ann, mine)).toEqual([])
  await react(bob)
  await vi.waitFor(async () => expect(await list(ann, mine)).toEqual(['hello']))
  await react(bob, false)
  await vi.waitFor(async () => expect(await list(ann, mine)).toEqual([]))
  expect(await list(bob, { before: timestampFromMs(Date.now() + 60_000) })).toHaveLength(4)
  expect(await list(bob, { before: timestampFromMs(Date.now() - 60_000) })).toEqual([])
  expect(await list(bob, { query: '***' })).toEqual([])
})

test('looks into the caller’s groups only', async () => {
  const [ann, bob] = [await person(), await person()]
  const [shared, own] = [await group(ann, [bob]), await group(ann)]
  await say(ann, shared, 'shared needle')
  await say(ann, own, 'private needle')
  expect((await bob.groups.searchMessages({ query: 'needle' })).messages).toMatchObject([{ text: 'shared needle' }])
  expect((await ann.groups.searchMessages({ query: 'needle' })).messages).toHaveLength(2)
  expect(await reasonOf(bob.groups.searchMessages({ groupId: own, query: 'needle' }))).toBe('NOT_A_MEMBER')
})

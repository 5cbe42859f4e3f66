import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { PollService } from '@beseda/proto/group/v1/poll_service'
import { ExportFormat } from '@beseda/proto/history/v1/history_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { logText } from './testing/log-text.js'
import { type Person, peopleOf } from './testing/people.js'

/** Polls on real servers, with two replicas of the service that counts. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
  await system.run(groupService)
})
afterAll(() => system?.stop())
const { person, group } = peopleOf(() => system)

const polls = (by: Person) => system.client(PollService, { userId: by.id })

async function asked(owner: Person, groupId: string, poll: object = {}) {
  const messageId = newId()
  const options = ['tea', 'coffee', 'water']
  await owner.groups.postMessage({ messageId, groupId, text: 'What to drink?', poll: { options, ...poll } })
  return {
    messageId,
    vote: (by: Person, ...chosen: number[]) =>
      polls(by).votePoll({ commandId: newId(), groupId, messageId, options: chosen }),
    end: (by: Person) => polls(by).endPoll({ commandId: newId(), groupId, messageId }),
    standing: async (by: Person) => (await polls(by).getPoll({ groupId, messageId })).standing,
    voters: async (by: Person, option: number) => (await polls(by).listVoters({ groupId, messageId, option })).userIds,
  }
}

test('whoever votes at once, also twice, has one vote; both replicas and a new one say the same', async () => {
  const people: Person[] = []
  for (let i = 0; i < 24; i++) people.push(await person())
  const [owner = people[0]!, ...others] = people
  const groupId = await group(owner, others)
  const { vote, standing, voters, end } = await asked(owner, groupId)
  const votes = people.flatMap((by, i) => [reasonOf(vote(by, i % 3)), reasonOf(vote(by, (i + 1) % 3))])
  expect(new Set(await Promise.all(votes))).toEqual(new Set(['accepted']))
  const { tally = [], voters: count } = (await standing(owner)) ?? {}
  expect(count).toBe(people.length)
  expect(tally.reduce((sum, one) => sum + one, 0)).toBe(people.length)
  const named = await Promise.all([0, 1, 2].map((option) => voters(owner, option)))
  expect(named.map((ids) => ids.length)).toEqual(tally)
  expect(new Set(named.flat())).toEqual(new Set(people.map(({ id }) => id)))
  const late = await Promise.all([reasonOf(end(owner)), ...people.map((by) => reasonOf(vote(by)))])
  expect(late[0]).toBe('accepted')
  const left = await standing(owner)
  expect(left?.endedAt).toBeDefined()
  expect(left?.voters).toBe(people.length - late.slice(1).filter((reason) => reason === 'accepted').length)
  expect(await reasonOf(vote(owner, 2))).toBe('POLL_ENDED')
  const replica = await system.run(groupService)
  const answers = await Promise.all(Array.from({ length: 20 }, () => standing(owner)))
  const counts = (one: typeof left) => ({ ...one, messagesSeq: 0n })
  for (const answer of answers) expect(counts(answer)).toEqual(counts(left))
  await replica.stop()
})

test('who chose what in an anonymous poll is in the log, and nobody is told', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const groupId = await group(ann, [bob, eve])
  const { messageId, vote, standing, voters } = await asked(ann, groupId, { anonymous: true, multiple: true })
  await vote(bob, 2, 0)
  await vote(eve, 2)
  expect(await standing(bob)).toMatchObject({ tally: [1, 0, 2], voters: 2, mine: [0, 2] })
  expect(await standing(ann)).toMatchObject({ tally: [1, 0, 2], voters: 2, mine: [] })
  for (const who of [ann, bob]) expect(await reasonOf(voters(who, 2))).toBe('POLL_ANONYMOUS')
  expect(await logText(system, groupId)).toContain(bob.id)
  const { message } = await ann.groups.getMessage({ groupId, messageId })
  expect(message).toMatchObject({
    text: 'What to drink?',
    poll: { options: ['tea', 'coffee', 'water'], anonymous: true },
  })
  const { entries } = await ann.history.listAudit({ groupId })
  expect(entries.map(({ event }) => event?.body.case)).not.toContain('pollVoted')
  let text = ''
  for (const format of [ExportFormat.JSON_LINES, ExportFormat.HTML]) {
    const { piece } = await ann.history.exportGroup({ groupId, format })
    text += new TextDecoder().decode(piece)
  }
  expect(text).toContain('What to drink?')
  expect(text).not.toMatch(/pollVoted|secret/i)
})

test('a poll is found by its question, and a forwarded one is a text', async () => {
  const [ann, bob] = [await person(), await person()]
  const [groupId, elsewhere] = [await group(ann, [bob]), await group(bob, [], GroupKind.CHANNEL)]
  const { messageId } = await asked(ann, groupId)
  const { messages } = await bob.groups.searchMessages({ query: 'drink', groupId })
  expect(messages).toMatchObject([{ id: messageId, poll: { options: ['tea', 'coffee', 'water'] } }])
  const copy = newId()
  await bob.groups.postMessage({ messageId: copy, groupId: elsewhere, forward: { groupId, messageId } })
  const { message } = await bob.groups.getMessage({ groupId: elsewhere, messageId: copy })
  expect(message).toMatchObject({ text: 'What to drink?\n- tea\n- coffee\n- water' })
  expect(message?.poll).toBeUndefined()
})

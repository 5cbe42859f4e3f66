import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { type PollInput, PollInputSchema } from '@beseda/proto/group/v1/group_service'
import { MemberMutedSchema, MemberRemovedSchema, RoleChangedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'

const NOW = 1_000_000
const signal = new AbortController().signal
const caller = (userId: string, now = NOW) => ({
  commandId: newId(),
  userId,
  now: new Date(now),
  traceparent: undefined,
  signal,
})

async function asked(poll: Partial<PollInput> = {}, people = ['ann', 'bob', 'eve'], kind = GroupKind.GROUP) {
  const world = await groupWorld()
  const groupId = await world.found(people, kind)
  const input = create(PollInputSchema, { options: ['tea', 'coffee', 'water'], ...poll })
  const messageId = newId()
  const draft = { text: 'What to drink?', replyTo: '', threadId: '', attachments: [], forward: undefined, poll: input }
  const post = (text = draft.text) =>
    world.posting.post({ ...draft, ...caller('bob'), text, messageId, groupId, authorId: 'bob' })
  await post()
  const vote = (by: string, options: number[], now = NOW, polls = world.polls) =>
    polls.vote(groupId, messageId, options, caller(by, now))
  const standing = (by: string) => world.polls.standing(groupId, messageId, by, 0, signal)
  const votes = async () =>
    (await world.commits(groupId, 'messages')).flatMap(({ commit }) =>
      commit.events.filter(({ body }) => body.case === 'pollVoted'),
    )
  return { ...world, groupId, messageId, post, vote, standing, votes }
}

test('a person has one vote, which they may change and take back; a repeat is no event', async () => {
  const { vote, standing, votes, polls, groupId, messageId } = await asked()
  expect(await vote('ann', [1])).toMatchObject({ tally: [0, 1, 0], voters: 1, mine: [1], endedAt: 0 })
  expect(await vote('bob', [1])).toMatchObject({ tally: [0, 2, 0], voters: 2, mine: [1] })
  expect(await vote('ann', [0])).toMatchObject({ tally: [1, 1, 0], voters: 2, mine: [0] })
  await vote('ann', [0])
  expect(await votes()).toHaveLength(3)
  expect(await vote('bob', [])).toMatchObject({ tally: [1, 0, 0], voters: 1, mine: [] })
  expect(await standing('eve')).toMatchObject({ tally: [1, 0, 0], voters: 1, mine: [] })
  expect(await polls.voters(groupId, messageId, 0, 'eve', signal)).toEqual(['ann'])
  for (const options of [[3], [0, 1]]) expect(await refusalOf(vote('eve', options))).toBe('INVALID_REQUEST')
  expect(await refusalOf(polls.voters(groupId, messageId, 3, 'eve', signal))).toBe('INVALID_REQUEST')
})

test('several are chosen where several may be', async () => {
  const { vote } = await asked({ multiple: true })
  await vote('ann', [2, 0])
  expect(await vote('bob', [2])).toMatchObject({ tally: [1, 0, 2], voters: 2, mine: [2] })
})

test('of an anonymous poll nobody is told who voted, and the events name nobody', async () => {
  const { vote, votes, standing, polls, groupId, messageId } = await asked({ anonymous: true })
  await vote('ann', [1])
  await vote('bob', [2])
  expect(await standing('ann')).toMatchObject({ tally: [0, 1, 1], voters: 2, mine: [1] })
  expect(await refusalOf(polls.voters(groupId, messageId, 1, 'ann', signal))).toBe('POLL_ANONYMOUS')
  expect((await votes()).map(({ actorId }) => actorId)).toEqual(['', ''])
})

test('after the end nobody votes, and a repeat of what was counted is still told so', async () => {
  const { vote, standing, polls, groupId, messageId } = await asked()
  await vote('ann', [0])
  const end = (by: string) => polls.end(groupId, messageId, caller(by))
  expect(await refusalOf(end('eve'))).toBe('NOT_PERMITTED')
  expect(await end('bob')).toMatchObject({ endedAt: NOW, tally: [1, 0, 0] })
  expect(await end('ann')).toMatchObject({ endedAt: NOW })
  expect(await refusalOf(vote('eve', [1]))).toBe('POLL_ENDED')
  expect(await refusalOf(vote('ann', []))).toBe('POLL_ENDED')
  expect(await vote('ann', [0])).toMatchObject({ tally: [1, 0, 0], mine: [0] })
  expect(await standing('eve')).toMatchObject({ endedAt: NOW })
})

test('it ends at its time, without anybody', async () => {
  const { vote, standing } = await asked({ endsAt: timestampFromMs(NOW + 10) })
  await vote('ann', [0], NOW + 9)
  expect(await refusalOf(vote('bob', [0], NOW + 10))).toBe('POLL_ENDED')
  expect(await standing('bob')).toMatchObject({ endedAt: NOW + 10, voters: 1 })
  expect(await refusalOf(asked({ endsAt: timestampFromMs(NOW) }))).toBe('INVALID_REQUEST')
  expect(await refusalOf(asked({ endsAt: timestampFromMs(NOW + 366 * 86_400_000) }))).toBe('INVALID_REQUEST')
})

test('who is not in the group, or muted, does not vote; a muted member may take their vote back', async () => {
  const { vote, write, groupId, standing } = await asked()
  expect(await refusalOf(vote('kim', [0]))).toBe('NOT_A_MEMBER')
  await vote('eve', [0])
  await vote('ann', [0])
  const until = timestampFromMs(NOW + 1)
  await write(groupId, 'roster', { case: 'memberMuted', value: create(MemberMutedSchema, { userId: 'eve', until }) })
  expect(await refusalOf(vote('eve', [1]))).toBe('MUTED')
  expect(await vote('eve', [])).toMatchObject({ voters: 1 })
  const value = create(MemberRemovedSchema, { userId: 'eve' })
  await write(groupId, 'roster', { case: 'memberRemoved', value })
  expect(await refusalOf(vote('eve', [1]))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(standing('eve'))).toBe('NOT_A_MEMBER')
  const archived = create(GroupUpdatedSchema, { archived: true })
  await write(groupId, 'roster', { case: 'groupUpdated', value: archived })
  expect(await refusalOf(vote('ann', [1]))).toBe('ARCHIVED')
})

test('in a direct chat with a block nobody votes', async () => {
  const { vote, block } = await asked({}, ['ann', 'bob'], GroupKind.DIRECT)
  await vote('ann', [0])
  await block('bob', 'ann')
  expect(await refusalOf(vote('ann', [1]))).toBe('BLOCKED')
  expect(await refusalOf(vote('ann', []))).toBe('accepted')
})

test('the question is edited as long as nobody has voted on it', async () => {
  const { changes, vote, groupId, messageId, messages } = await asked()
  const edit = (text: string) => refusalOf(changes.edit(groupId, messageId, text, caller('bob')))
  expect(await edit('What now?')).toBe('accepted')
  expect(await edit('x'.repeat(301))).toBe('INVALID_REQUEST')
  expect(await edit('What then?')).toBe('accepted')
  await vote('ann', [0])
  expect(await edit('What else?')).toBe('POLL_BEGUN')
  expect(messages.content(groupId, messageId)).toMatchObject({
    text: 'What then?',
    poll: { options: ['tea', 'coffee', 'water'] },
  })
  await vote('ann', [])
  expect(await edit('What else?')).toBe('accepted')
})

test('a vote for a question that was edited meanwhile is refused; without a question it counts for what is there', async () => {
  const { changes, polls, vote, groupId, messageId } = await asked()
  await changes.edit(groupId, messageId, 'Shall we cut the bonus?', caller('bob'))
  const seen = (question: string) => refusalOf(polls.vote(groupId, messageId, [0], caller('eve'), question))
  expect(await seen('What to drink?')).toBe('POLL_CHANGED')
  expect(await seen('Shall we cut the bonus?')).toBe('accepted')
  expect(await vote('ann', [1])).toMatchObject({ tally: [1, 1, 0] })
})

test('a muted member takes back a part of what they have chosen, and adds nothing', async () => {
  const { vote, write, groupId } = await asked({ multiple: true })
  await vote('eve', [0, 1])
  const until = timestampFromMs(NOW + 1)
  await write(groupId, 'roster', { case: 'memberMuted', value: create(MemberMutedSchema, { userId: 'eve', until }) })
  expect(await vote('eve', [1])).toMatchObject({ mine: [1] })
  expect(await refusalOf(vote('eve', [1, 2]))).toBe('MUTED')
})

test('a poll that is deleted leaves neither options nor votes; other messages have none', async () => {
  const { changes, vote, standing, groupId, messageId, messages, polls, posting } = await asked()
  await vote('ann', [0])
  await changes.delete(groupId, messageId, caller('bob'))
  expect(await refusalOf(standing('ann'))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(vote('ann', [1]))).toBe('MESSAGE_NOT_FOUND')
  expect(messages.content(groupId, messageId)?.poll).toBeUndefined()
  const id = newId()
  const draft = { text: 'hi', replyTo: '', threadId: '', attachments: [], forward: undefined }
  await posting.post({ ...draft, ...caller('ann'), messageId: id, groupId, authorId: 'ann' })
  expect(await refusalOf(polls.vote(groupId, id, [0], caller('ann')))).toBe('INVALID_REQUEST')
  expect(await refusalOf(polls.end(groupId, id, caller('ann')))).toBe('INVALID_REQUEST')
  expect(await refusalOf(polls.standing(groupId, id, 'ann', 0, signal))).toBe('INVALID_REQUEST')
})

test('the same request again is the same poll; another with its id is refused', async () => {
  const { post, posting, groupId, messageId } = await asked()
  expect(await post()).toMatchObject({ isNew: false })
  const poll = create(PollInputSchema, { options: ['tea', 'juice'] })
  const draft = { text: 'What to drink?', replyTo: '', threadId: '', attachments: [], forward: undefined, poll }
  const again = posting.post({ ...draft, ...caller('bob'), messageId, groupId, authorId: 'bob' })
  expect(await refusalOf(again)).toBe('COMMAND_ID_REUSED')
})

test('votes, the end and an edit at once on two replicas: every vote counts once, and none after the end', async () => {
  const people = ['ann', 'bob', ...Array.from({ length: 30 }, (_, i) => `p${i}`)]
  const { store, history, polls, changes, vote, standing, votes, write, groupId, messageId } = await asked({}, people)
  const other = await groupWorld({}, store)
  await other.history.catchUp(groupId)
  await write(groupId, 'roster', {
    case: 'roleChanged',
    value: create(RoleChangedSchema, { userId: 'ann', role: Role.ADMIN }),
  })
  const either = (i: number) => (i % 2 ? polls : other.polls)
  const work = people.flatMap((by, i) => [
    refusalOf(vote(by, [i % 3], NOW, either(i))),
    refusalOf(vote(by, [(i + 1) % 3], NOW, either(i + 1))),
    ...(i === 20 ? [refusalOf(either(i).end(groupId, messageId, caller('ann')))] : []),
    ...(i === 1 ? [refusalOf(changes.edit(groupId, messageId, 'Later?', caller('bob')))] : []),
  ])
  const answers = await Promise.all(work)
  expect(new Set(answers.filter((reason) => reason !== 'accepted'))).toEqual(new Set(['POLL_ENDED', 'POLL_BEGUN']))
  await history.catchUp(groupId)
  // Each vote says how the poll stands with it, whoever has decided it.
  const byPerson = new Map<string, readonly number[]>()
  let tally: number[] = []
  for (const { actorId, body } of await votes()) {
    if (body.case !== 'pollVoted') continue
    byPerson.set(actorId, body.value.options)
    tally = [0, 1, 2].map((option) => [...byPerson.values()].filter((chosen) => chosen.includes(option)).length)
    expect(body.value).toMatchObject({ tally, voters: byPerson.size })
  }
  expect(await standing('bob')).toMatchObject({ tally, voters: byPerson.size, endedAt: NOW })
  const all = (await other.commits(groupId, 'messages')).flatMap(({ commit }) =>
    commit.events.map(({ body }) => body.case),
  )
  expect(all.filter((one) => one === 'pollEnded')).toHaveLength(1)
  expect(all.lastIndexOf('pollVoted')).toBeLessThan(all.indexOf('pollEnded'))
})

test('of the end, or an edit of the question, and a vote on another replica at once, the second is decided again', async () => {
  const run = async (change: 'end' | 'edit') => {
    const { store, polls, changes, vote, groupId, messageId } = await asked()
    const other = await groupWorld({}, store)
    await other.history.catchUp(groupId)
    const changed = () =>
      refusalOf(
        change === 'end'
          ? polls.end(groupId, messageId, caller('bob'))
          : changes.edit(groupId, messageId, 'What now?', caller('bob')),
      )
    const voted = () => refusalOf(vote('eve', [0], NOW, other.polls))
    return Promise.all(change === 'end' ? [changed(), voted()] : [voted(), changed()])
  }
  expect(await run('end')).toEqual(['accepted', 'POLL_ENDED'])
  expect(await run('edit')).toEqual(['accepted', 'POLL_BEGUN'])
})

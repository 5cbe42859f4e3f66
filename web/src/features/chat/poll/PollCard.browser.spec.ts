import { Role } from '@beseda/proto/common/v1/roles'
import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, PollEndedSchema, PollSchema, PollVotedSchema } from '@beseda/proto/group/v1/events'
import { GetPollResponseSchema, PollStandingSchema, VotePollResponseSchema } from '@beseda/proto/group/v1/poll_service'
import { CommitSchema, type Event, Lane } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h } from 'vue'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { polls } from '../../../net/index.js'
import { openedPage } from '../../../stores/testing.js'
import type { ChatMessage, Conversation } from '../../../sync/model/model.js'
import PollCard from './PollCard.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

type Stands = MessageInitShape<typeof PollStandingSchema>

/** `away`: the first answer is lost. */
function shown(poll: MessageInitShape<typeof PollSchema> = {}, stands: Stands = {}, away = false) {
  const page = openedPage()
  let standing = { tally: [1, 0], voters: 1, mine: [], messagesSeq: 5n, ...stands } as Stands
  const get = vi
    .spyOn(polls, 'getPoll')
    .mockImplementation(async () => create(GetPollResponseSchema, { standing: create(PollStandingSchema, standing) }))
  if (away) get.mockRejectedValueOnce(new Error('away'))
  const vote = vi.spyOn(polls, 'votePoll').mockImplementation(async ({ options = [] }) => {
    standing = { ...standing, mine: options, messagesSeq: 6n }
    return create(VotePollResponseSchema, { standing: create(PollStandingSchema, standing) })
  })
  const message = {
    ...{ id: 'm', authorId: 'bob', text: 'Tea?' },
    poll: create(PollSchema, { options: ['yes', 'no'], ...poll }),
  } as ChatMessage
  const settings = { permissions: [] }
  const conversation = {
    ...{ id: 'g', kind: GroupKind.GROUP, role: Role.MEMBER, archived: false, settings, mutes: new Map() },
  } as unknown as Conversation
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({ render: () => h(PollCard, { message, conversation }) })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  const options = () => [...place.querySelectorAll<HTMLButtonElement>('fieldset button')]
  return {
    ...{ get, vote, place, options },
    counts: () =>
      options().map(({ textContent, ariaPressed }) => `${textContent?.match(/\d+ ·/)?.[0] ?? '0'} ${ariaPressed}`),
    happens: (seq: number, body: Event['body'], actorId = '') =>
      page.says(
        'commit',
        create(FrameSchema, {
          ...{ groupId: 'g', lane: Lane.MESSAGES, seq: BigInt(seq) },
          commit: toBinary(
            CommitSchema,
            create(CommitSchema, { time: timestampFromMs(70), events: [{ actorId, body }] }),
          ),
        }),
      ),
    asked: () => vote.mock.calls.map(([{ options: chosen }]) => chosen),
    says: (change: Stands) => Object.assign(standing, change),
  }
}
const voted = (tally: number[], options: number[] = []): Event['body'] => ({
  case: 'pollVoted',
  value: create(PollVotedSchema, { messageId: 'm', tally, voters: 2, options }),
})

test('a press chooses, another one chooses instead, and the same again takes it back', async () => {
  const { options, asked, counts } = shown()
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  options()[1]?.click()
  await expect.poll(counts).toEqual(['1 · false', '0 true'])
  options()[0]?.click()
  await expect.poll(counts).toEqual(['1 · true', '0 false'])
  options()[0]?.click()
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  expect(asked()).toEqual([[1], [0], []])
})

test('where several may be chosen, a press adds one', async () => {
  const { options, asked, counts } = shown({ multiple: true }, { mine: [0] })
  await expect.poll(counts).toEqual(['1 · true', '0 false'])
  options()[1]?.click()
  await expect.poll(counts).toEqual(['1 · true', '0 true'])
  expect(asked()).toEqual([[0, 1]])
})

test('votes of others are counted as they come, one of my own from another device is mine; it is asked for once', async () => {
  const { counts, happens, get } = shown()
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  happens(6, voted([1, 1], [1]), 'eve')
  await expect.poll(counts).toEqual(['1 · false', '1 · false'])
  happens(7, voted([2, 1], [0]), 'ann')
  await expect.poll(counts).toEqual(['2 · true', '1 · false'])
  happens(4, voted([9, 9]), 'eve')
  expect(counts()).toEqual(['2 · true', '1 · false'])
  expect(get).toHaveBeenCalledTimes(1)
})

test('a vote that comes before the answer is asked for once more', async () => {
  const { counts, happens, get, says } = shown()
  says({ tally: [1, 2], messagesSeq: 9n })
  happens(9, voted([1, 2]), 'eve')
  await expect.poll(counts).toEqual(['1 · false', '2 · false'])
  expect(get.mock.calls.map(([{ minSeq }]) => minSeq)).toEqual([0n, 9n])
})

test('after the end nobody chooses: when it was ended, and when its time has come', async () => {
  const { options, happens, place } = shown()
  await expect.poll(() => options().every(({ ariaDisabled }) => ariaDisabled === 'false')).toBe(true)
  happens(6, { case: 'pollEnded', value: create(PollEndedSchema, { messageId: 'm' }) }, 'bob')
  await expect.poll(() => options().map(({ ariaDisabled }) => ariaDisabled)).toEqual(['true', 'true'])
  expect(place.textContent).toContain('Poll ended')
  unmount()
  const timed = shown({ endsAt: timestampFromMs(Date.now() - 1) })
  await expect.poll(timed.counts).toEqual(['1 · false', '0 false'])
  expect(timed.options().map(({ ariaDisabled }) => ariaDisabled)).toEqual(['true', 'true'])
})

test('who has voted is offered, but not of an anonymous poll', async () => {
  const open = shown()
  await expect.poll(() => open.place.textContent).toContain('Who voted')
  unmount()
  const { place, counts } = shown({ anonymous: true })
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  expect(place.textContent).toContain('anonymous')
  expect(place.textContent).not.toContain('Who voted')
})

test('presses that come fast are all there', async () => {
  const { options, asked, counts } = shown({ multiple: true })
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  options()[0]?.click()
  options()[1]?.click()
  await expect.poll(counts).toEqual(['1 · true', '0 true'])
  await expect.poll(asked).toEqual([[0], [0, 1]])
})

test('what could not be asked for is said, and asked for again', async () => {
  const { counts, place, options } = shown({}, {}, true)
  await expect.poll(() => place.textContent).toContain('Try again')
  expect(options().map(({ ariaDisabled }) => ariaDisabled)).toEqual(['true', 'true'])
  const buttons = [...place.querySelectorAll('button')]
  buttons.find(({ textContent }) => textContent?.includes('Try again'))?.click()
  await expect.poll(counts).toEqual(['1 · false', '0 false'])
  expect(place.textContent).not.toContain('Try again')
})

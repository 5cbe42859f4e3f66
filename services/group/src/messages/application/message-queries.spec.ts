import { newId } from '@beseda/kernel'
import { MemberRemovedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test, vi } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'

const signal = new AbortController().signal
const SEARCH = {
  authorId: '',
  has: [],
  mentionsMe: false,
  pinned: false,
  reacted: false,
  after: 0,
  before: 0,
  cursor: 0,
  limit: 25,
}

/** Two groups of Ann and Eve, in which the word "pear" was said, and what happens while Eve's search for it runs. */
async function searching(meanwhile: (world: Awaited<ReturnType<typeof spoken>>) => Promise<unknown>, groupId = '') {
  const world = await spoken()
  const { view } = world.projection
  const read = view.allSlowly.bind(view)
  vi.spyOn(view, 'allSlowly').mockImplementationOnce(async <Row>(...query: Parameters<typeof read>) => {
    const rows = await read<Row>(...query)
    await meanwhile(world)
    return rows
  })
  const wanted = groupId === 'the first' ? world.first : ''
  const { messages } = await world.queries.search(wanted, 'eve', { ...SEARCH, query: 'pear ' }, signal)
  return messages.map(({ text }) => text)
}

async function spoken() {
  const world = await groupWorld()
  const [first, second] = [await world.found(['ann', 'eve']), await world.found(['ann', 'eve'])]
  const say = async (groupId: string, text: string) => {
    const command = { commandId: newId(), userId: 'ann', now: new Date(), traceparent: undefined, signal }
    const draft = { text, replyTo: '', threadId: '', attachments: [], forward: undefined }
    const { place } = await world.posting.post({ ...draft, ...command, messageId: newId(), groupId, authorId: 'ann' })
    return place.id
  }
  const ids = [await say(first, 'a pear'), await say(second, 'pear, please')]
  const remove = () =>
    world.write(first, 'roster', { case: 'memberRemoved', value: create(MemberRemovedSchema, { userId: 'eve' }) })
  const erase = () => {
    const command = { commandId: newId(), userId: 'ann', now: new Date(), traceparent: undefined, signal }
    return world.changes.delete(second, ids[1] ?? '', command)
  }
  return { ...world, first, remove, erase }
}

test('a search finds in all groups of a person, newest first', async () => {
  expect(await searching(async () => undefined)).toEqual(['pear, please', 'a pear'])
})

test('whoever is removed while their search runs is shown nothing of that group', async () => {
  expect(await searching(({ remove }) => remove())).toEqual(['pear, please'])
  expect(await searching(({ remove }) => remove(), 'the first')).toEqual([])
})

test('what is deleted while a search runs is not found', async () => {
  expect(await searching(({ erase }) => erase())).toEqual(['a pear'])
})

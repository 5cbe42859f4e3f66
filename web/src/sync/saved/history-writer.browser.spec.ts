import { afterEach, expect, test } from 'vitest'
import { forgetSession, storeSession } from '../../net/stored-session.js'
import type { Conversation } from '../model/model.js'
import { historyCache } from './history-cache.js'
import { HistoryWriter } from './history-writer.js'

const conversation = {
  id: 'g',
  epoch: 'e',
  seqs: { group: 1, roster: 1, messages: 1, calls: 0 },
  messages: [],
} as unknown as Conversation

afterEach(async () => {
  forgetSession()
  await historyCache.clear('me', true)
})

async function writer() {
  storeSession({ userId: 'me', accessToken: 'a', refreshToken: 'r', expiresAt: Number.MAX_SAFE_INTEGER })
  const made = new HistoryWriter(new Map([['g', conversation]]))
  await made.open('me')
  return made
}
/** The saved data after all earlier requests are done: the database handles them in order. */
const kept = async () => (await historyCache.restore('me')).map(({ id }) => id)

test('a change is saved', async () => {
  const made = await writer()
  made.changed('g')
  made.flush()
  await expect.poll(kept).toEqual(['g'])
})

test('a window with pending writes restores nothing after another one has signed out', async () => {
  const made = await writer()
  made.changed('g')
  forgetSession()
  made.flush()
  await historyCache.save('me', [{ ...conversation, id: 'asked later' }])
  expect(await kept()).toEqual(['asked later'])
})

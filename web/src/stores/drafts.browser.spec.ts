import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { draftStorage } from '../sync/saved/drafts.js'
import { historyCache } from '../sync/saved/history-cache.js'
import { useDrafts } from './drafts.js'

const draft = (text: string) => ({ text, mentions: [], files: [] })
const stored = (groupId: string, text: string, at = 1) => ({ key: `me ${groupId} `, at, ...draft(text) })
let other: BroadcastChannel

beforeEach(() => {
  setActivePinia(createPinia())
  other = new BroadcastChannel('beseda.drafts.me')
})
afterEach(async () => {
  useDrafts().stop()
  other.close()
  await historyCache.clear('me', true)
})

test('what is typed, or emptied, while the drafts are being read is not replaced by them', async () => {
  await Promise.all(['typed', 'sent', 'left'].map((groupId) => draftStorage.put(stored(groupId, `old ${groupId}`))))
  const drafts = useDrafts()
  const started = drafts.start('me')
  drafts.keep('typed', '', draft('new'))
  drafts.keep('sent', '', draft(''))
  await started
  expect(['typed', 'sent', 'left'].map((groupId) => drafts.of(groupId, '').text)).toEqual(['new', '', 'old left'])
})

test('a draft that another window emptied meanwhile does not come back', async () => {
  await draftStorage.put(stored('g', 'old'))
  const drafts = useDrafts()
  const started = drafts.start('me')
  const answered = new Promise((resolve) => other.addEventListener('message', resolve))
  other.postMessage({ key: 'me g ', at: Date.now(), ...draft('') })
  // The channel delivers in order: this window answers after it has heard.
  drafts.keep('h', '', draft('typed'))
  await Promise.all([started, answered])
  expect(drafts.of('g', '').text).toBe('')
})

test('of two windows the later draft stays, in whatever order they are heard', async () => {
  const drafts = useDrafts()
  await drafts.start('me')
  drafts.keep('g', '', draft('mine, now'))
  const answered = new Promise((resolve) => other.addEventListener('message', resolve))
  other.postMessage({ key: 'me g ', at: 1, ...draft('older, elsewhere') })
  await answered
  expect(drafts.of('g', '').text).toBe('mine, now')
})

import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { historyStream, PEOPLE_STREAM } from '@beseda/proto'
import { reasonOf } from '@beseda/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replica } from '../../../../testing/scheduled.js'
import { historyView } from '../../view/history-view.js'
import { SqliteCalendarFeedStore } from '../adapters/views/calendar-feed-store.js'
import { CalendarFeeds } from './calendar-feeds.js'

const caller = (commandId = newId()) => ({
  ...{ userId: 'ann', commandId, now: new Date(0), traceparent: undefined },
  signal: new AbortController().signal,
})

let store: MemoryEventStore
let feeds: CalendarFeeds
let stop: () => Promise<void>
let disabled: boolean
beforeEach(async () => {
  store = new MemoryEventStore()
  const { history, projection, stop: end } = await replica(store, [historyStream(0), PEOPLE_STREAM], historyView)
  const reader = { list: () => [], listOf: () => [], find: () => undefined }
  const accounts = { isDisabled: async () => disabled }
  const secret = InstallationSecret.of(Buffer.alloc(32, 1))
  ;[stop, disabled] = [end, false]
  feeds = new CalendarFeeds(history, new SqliteCalendarFeedStore(projection), reader, secret, accounts, [
    historyStream(0),
  ])
})
afterEach(() => stop())
const read = (token: string) => reasonOf(feeds.read(token, 'https://chat.example.org', 0, caller().signal))

test('a command that is repeated after the link was revoked brings no ended link back, however late', async () => {
  const first = newId()
  const token = await feeds.offer(true, caller(first))
  expect(await feeds.offer(true, caller(first))).toBe(token)
  expect(await read(token)).toBe('accepted')
  await feeds.revoke(caller())
  // The log itself knows ids for two minutes only.
  store.forget()
  const again = await feeds.offer(true, caller(first))
  expect(again).not.toBe(token)
  expect(await read(token)).toBe('CALENDAR_NOT_FOUND')
  expect(await feeds.offer(true, caller(first))).toBe(again)
  expect(await read(again)).toBe('accepted')
})

test('the link of a disabled account is none', async () => {
  const token = await feeds.offer(true, caller())
  disabled = true
  expect(await read(token)).toBe('CALENDAR_NOT_FOUND')
})

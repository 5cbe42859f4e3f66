import {
  CalendarFailure,
  ConnectCalendarResponseSchema,
  DisconnectCalendarResponseSchema,
  FindCalendarsResponseSchema,
  GetCalendarConnectionResponseSchema,
} from '@beseda/proto/notify/v1/calendar_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp } from 'vue'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { calendar } from '../../../net/clients/calendar.js'
import CalendarServer from './CalendarServer.vue'

type Present = MessageInitShape<typeof GetCalendarConnectionResponseSchema>
const HOME = { url: 'https://dav.example.org/ann/home/', name: 'Home' }
const WORK = { url: 'https://dav.example.org/ann/team/', name: 'Work' }
const CONNECTED = { connected: true, ...WORK, userName: 'ann', titles: true, calls: 2 }

let unmount = () => undefined as unknown
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

/** A server with these calendars; `present`: how things are with the person's. */
async function opened(present: Present, ...calendars: (typeof HOME)[]) {
  const world = { present, failure: CalendarFailure.UNSPECIFIED }
  const { UNSPECIFIED } = CalendarFailure
  vi.spyOn(calendar, 'getCalendarConnection').mockImplementation(async () =>
    create(GetCalendarConnectionResponseSchema, world.present),
  )
  const found = vi
    .spyOn(calendar, 'findCalendars')
    .mockImplementation(async () =>
      create(FindCalendarsResponseSchema, world.failure === UNSPECIFIED ? { calendars } : { failure: world.failure }),
    )
  const connected = vi.spyOn(calendar, 'connectCalendar').mockImplementation(async () => {
    world.present = CONNECTED
    return create(ConnectCalendarResponseSchema)
  })
  const left = vi.spyOn(calendar, 'disconnectCalendar').mockImplementation(async ({ removeCalls }) => {
    world.present = removeCalls ? { ...CONNECTED, ending: true } : {}
    return create(DisconnectCalendarResponseSchema)
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(CalendarServer)
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  const press = async (name: string) =>
    (
      await vi.waitUntil(() =>
        [...place.querySelectorAll('button')].find(({ textContent }) => textContent?.trim() === name),
      )
    ).click()
  const fill = async (name: string, value: string) => {
    const field = await vi.waitUntil(() => place.querySelector<HTMLInputElement>(`[name=calendar-${name}]`))
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const text = () => place.textContent ?? ''
  const signIn = async () => {
    await press('Connect a calendar')
    await fill('address', 'dav.example.org')
    await fill('user', 'ann')
    await fill('password', 'an app password')
    await press('Find calendars')
  }
  return { world, place, found, connected, left, press, fill, text, signIn }
}

test('a person with one calendar there has it connected at once', async () => {
  const { signIn, found, connected, text } = await opened({}, WORK)
  await signIn()
  await vi.waitFor(() => expect(text()).toContain('2 calls are there.'))
  const person = { userName: 'ann', password: 'an app password' }
  expect(found).toHaveBeenCalledWith({ address: 'https://dav.example.org', signIn: person })
  const { origin } = location
  expect(connected).toHaveBeenCalledWith(
    expect.objectContaining({ url: WORK.url, signIn: person, titles: false, origin }),
  )
  expect(text()).toContain('ann · dav.example.org')
})

test('whoever has several chooses one', async () => {
  const { signIn, connected, place, press } = await opened({}, HOME, WORK)
  await signIn()
  const list = await vi.waitUntil(() => place.querySelector('select'))
  expect(connected).not.toHaveBeenCalled()
  list.value = WORK.url
  list.dispatchEvent(new Event('change'))
  await press('Connect a calendar')
  await vi.waitFor(() => expect(connected.mock.calls[0]?.[0]).toMatchObject({ url: WORK.url }))
})

test('what the server refuses is said, and nothing is sent that is missing', async () => {
  const { world, signIn, text, press, found, fill } = await opened({}, WORK)
  await press('Connect a calendar')
  await press('Find calendars')
  await vi.waitFor(() => expect(text()).toContain('Fill this in.'))
  expect(found).not.toHaveBeenCalled()
  world.failure = CalendarFailure.CREDENTIALS
  await press('Cancel')
  await signIn()
  await vi.waitFor(() => expect(text()).toContain('The username or the app password is wrong.'))
  await fill('password', 'another')
  await vi.waitFor(() => expect(text()).not.toContain('is wrong'))
})

test('a calendar that fails says why and when it is tried again, and takes another password', async () => {
  const failure = { failure: CalendarFailure.NO_ROOM, retryAt: timestampFromMs(Date.UTC(2027, 0, 1)) }
  const { world, text, press, fill, connected } = await opened({ ...CONNECTED, ...failure })
  await vi.waitFor(() => expect(text()).toMatch(/no more room there\. Next try: /))
  world.present = CONNECTED
  await press('Enter the password again')
  await fill('password', 'another')
  await press('Connect a calendar')
  await vi.waitFor(() => expect(connected.mock.calls[0]?.[0]).toMatchObject({ url: WORK.url, titles: true }))
})

test('one that is not tried again says so', async () => {
  const { text } = await opened({ ...CONNECTED, failure: CalendarFailure.CREDENTIALS })
  await vi.waitFor(() => expect(text()).toContain('There will be no other try'))
})

test('it is left with the calls in it, or without them', async () => {
  const { text, press, left, world } = await opened(CONNECTED)
  await press('Disconnect and remove calls')
  await vi.waitFor(() => expect(text()).toContain('Your calls are being removed from it.'))
  await press('Disconnect')
  await vi.waitFor(() => expect(text()).not.toContain('dav.example.org'))
  expect(left.mock.calls.map(([{ removeCalls }]) => removeCalls)).toEqual([true, false])
  expect(world.present).toEqual({})
})

import { Attendance, Frequency, RecurrenceSchema } from '@beseda/proto/call/v1/events'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import {
  AnswerAttendanceResponseSchema,
  ChangeOccurrenceResponseSchema,
  GetCalendarFeedResponseSchema,
  ListMyScheduleResponseSchema,
  OfferCalendarFeedResponseSchema,
  RescheduleCallResponseSchema,
  RevokeCalendarFeedResponseSchema,
  ScheduleCallResponseSchema,
  type ScheduledCall,
  ScheduledCallSchema,
  UnscheduleCallResponseSchema,
} from '@beseda/proto/group/v1/schedule_service'
import { GetCalendarConnectionResponseSchema } from '@beseda/proto/notify/v1/calendar_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { calendar } from '../../../net/clients/calendar.js'
import { schedule } from '../../../net/index.js'
import { useChat } from '../../../stores/chat.js'
import { openedPage } from '../../../stores/testing.js'
import type { Conversation } from '../../../sync/model/model.js'
import { toasts } from '../../../ui/feedback/toasts.js'
import ScheduleDialog from './ScheduleDialog.vue'

const page = { render: () => undefined }
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/', component: page },
    { path: '/c/:groupId', name: 'conversation', component: page },
  ],
})
let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

const START = Date.UTC(2027, 2, 8, 9)
const stored = (fields: Partial<Pick<ScheduledCall, 'organizerId' | 'answers'>> = {}) =>
  create(ScheduledCallSchema, {
    id: 's',
    groupId: 'g',
    organizerId: 'ann',
    terms: {
      title: 'Stand-up',
      startsAt: '2027-03-08T10:00',
      timeZone: 'Europe/Berlin',
      durationMin: 30,
      recurrence: create(RecurrenceSchema, { frequency: Frequency.DAILY, interval: 1, until: '2027-09-01' }),
    },
    next: [0, 1].map((day) => ({
      occurrence: `2027-03-0${8 + day}T10:00`,
      startsAt: timestampFromMs(START + day * 86_400_000),
      endsAt: timestampFromMs(START + day * 86_400_000 + 1_800_000),
    })),
    ...fields,
  })

/** A server that has these calls, in a group in which ann is a plain member. */
async function opened(...calls: ScheduledCall[]) {
  openedPage()
  vi.spyOn(schedule, 'listMySchedule').mockImplementation(async () => create(ListMyScheduleResponseSchema, { calls }))
  const asked = {
    scheduled: vi.spyOn(schedule, 'scheduleCall').mockResolvedValue(create(ScheduleCallResponseSchema)),
    rescheduled: vi.spyOn(schedule, 'rescheduleCall').mockResolvedValue(create(RescheduleCallResponseSchema)),
    calledOff: vi.spyOn(schedule, 'unscheduleCall').mockResolvedValue(create(UnscheduleCallResponseSchema)),
    changed: vi.spyOn(schedule, 'changeOccurrence').mockResolvedValue(create(ChangeOccurrenceResponseSchema)),
    offered: vi
      .spyOn(schedule, 'offerCalendarFeed')
      .mockResolvedValue(create(OfferCalendarFeedResponseSchema, { token: 'secret' })),
    revoked: vi.spyOn(schedule, 'revokeCalendarFeed').mockResolvedValue(create(RevokeCalendarFeedResponseSchema)),
    answered: vi.spyOn(schedule, 'answerAttendance').mockResolvedValue(create(AnswerAttendanceResponseSchema)),
  }
  vi.spyOn(schedule, 'getCalendarFeed').mockResolvedValue(create(GetCalendarFeedResponseSchema))
  vi.spyOn(calendar, 'getCalendarConnection').mockResolvedValue(create(GetCalendarConnectionResponseSchema))
  const settings = create(GroupSettingsSchema)
  const conversation = { id: 'g', kind: GroupKind.GROUP, name: 'Club', role: Role.MEMBER, settings, seqs: { calls: 0 } }
  useChat().conversations.set('g', { ...conversation, lastActivityAt: 0 } as unknown as Conversation)
  const open = ref(false)
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () => h(ScheduleDialog, { open: open.value, 'onUpdate:open': (now: boolean) => (open.value = now) }),
  })
  app.use(router).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  open.value = true
  const all = () => [...document.querySelectorAll<HTMLElement>('[role=dialog] button')]
  const button = (name: string) =>
    all().findLast(({ ariaLabel, textContent }) => ariaLabel === name || textContent?.trim().startsWith(name))
  const press = async (name: string) => (await vi.waitUntil(() => button(name))).click()
  const field = (name: string) =>
    vi.waitUntil(
      () =>
        [...document.querySelectorAll('label')].flatMap((label) =>
          label.textContent?.includes(name) && label.control ? [label.control as HTMLInputElement] : [],
        )[0],
    )
  const fill = async (name: string, value: string) => {
    const control = await field(name)
    control.value = value
    control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'))
  }
  const text = () => document.querySelector('[role=dialog]')?.textContent ?? ''
  return { ...asked, press, button, fill, text, open }
}

test('who has scheduled a call sees when and where it is, and how it is repeated', async () => {
  const { text } = await opened(stored())
  await vi.waitFor(() => expect(text()).toContain('Stand-up'))
  expect(text()).toMatch(/2027.*Club.*every day/s)
})

test('a call is scheduled with what is in the form', async () => {
  const { press, fill, scheduled, text } = await opened()
  await vi.waitFor(() => expect(text()).toContain('No scheduled calls'))
  await press('Schedule a call')
  await fill('Title', 'Planning')
  await fill('Date', '2027-03-08')
  await fill('Starts at', '10:30')
  await fill('Time zone', 'America/New_York')
  await fill('Repeats', 'workdays')
  await press('Schedule')
  await vi.waitFor(() => expect(scheduled).toHaveBeenCalledOnce())
  expect(scheduled.mock.calls[0]?.[0]).toMatchObject({
    groupId: 'g',
    terms: {
      title: 'Planning',
      startsAt: '2027-03-08T10:30',
      timeZone: 'America/New_York',
      durationMin: 30,
      recurrence: { frequency: Frequency.WEEKLY, weekdays: [1, 2, 3, 4, 5] },
    },
  })
})

test('new terms begin with the present ones', async () => {
  const { press, fill, rescheduled } = await opened(stored())
  await press('Reschedule')
  await fill('Starts at', '11:00')
  await press('Save')
  await vi.waitFor(() => expect(rescheduled).toHaveBeenCalledOnce())
  expect(rescheduled.mock.calls[0]?.[0]).toMatchObject({
    scheduleId: 's',
    terms: { title: 'Stand-up', startsAt: '2027-03-08T11:00', recurrence: { until: '2027-09-01' } },
  })
})

test('calling it off asks first', async () => {
  const { press, calledOff } = await opened(stored())
  await press('Cancel the call')
  expect(calledOff).not.toHaveBeenCalled()
  await vi.waitFor(() => expect(document.body.textContent).toContain('“Stand-up” will be removed for everyone'))
  await press('Cancel the call')
  await vi.waitFor(() => expect(calledOff).toHaveBeenCalledOnce())
})

test('one of the dates is skipped, another is moved', async () => {
  const { press, fill, changed } = await opened(stored())
  await press('Dates')
  await press('Skip')
  await vi.waitFor(() => expect(changed).toHaveBeenCalledOnce())
  expect(changed.mock.calls[0]?.[0]).toMatchObject({ occurrence: '2027-03-09T10:00', cancelled: true })
  ;(await vi.waitUntil(() => toasts.value.at(-1)?.action)).run()
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(2))
  expect(changed.mock.calls[1]?.[0]).not.toHaveProperty('cancelled')
  await press('Move')
  await fill('New time (Europe/Berlin)', '2027-03-09T15:00')
  await press('Save')
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(3))
  expect(changed.mock.calls[2]?.[0]).toMatchObject({ occurrence: '2027-03-09T10:00', startsAt: '2027-03-09T15:00' })
})

test('an answer is shown with those of others, and given by a click', async () => {
  const answers = [{ userId: 'bob', attendance: Attendance.YES }] as ScheduledCall['answers']
  const { press, answered, button } = await opened(stored({ answers }))
  await vi.waitFor(() => expect(button('Yes')?.textContent).toContain('1'))
  await press('Maybe')
  await vi.waitFor(() => expect(answered).toHaveBeenCalledOnce())
  expect(answered.mock.calls[0]?.[0]).toMatchObject({ scheduleId: 's', attendance: Attendance.MAYBE })
})

test('whoever may not change a call is offered no change of it', async () => {
  const { text, button } = await opened(stored({ organizerId: 'bob' }))
  await vi.waitFor(() => expect(text()).toContain('Stand-up'))
  for (const name of ['Reschedule', 'Cancel the call']) expect(button(name), name).toBeUndefined()
  expect(button('Save for your calendar')).toBeDefined()
})

test('joining leads to the conversation, and to the lobby of the call', async () => {
  const push = vi.spyOn(router, 'push').mockResolvedValue(undefined)
  const { press, open } = await opened(stored())
  await press('Join')
  expect(push).toHaveBeenCalledWith({ name: 'conversation', params: { groupId: 'g' }, query: { call: 's' } })
  expect(open.value).toBe(false)
})

test('the link for another calendar is shown when it is made, and can be revoked', async () => {
  const { press, offered, revoked, button } = await opened()
  await vi.waitUntil(() => button('Create link'))
  document.querySelector<HTMLInputElement>('[role=dialog] input[type=checkbox]')?.click()
  await press('Create link')
  const shown = await vi.waitUntil(() => document.querySelector<HTMLInputElement>('[role=dialog] input[readonly]'))
  expect(shown.value).toBe(`${location.origin}/calendar/secret.ics`)
  expect(offered.mock.calls[0]?.[0]).toMatchObject({ titles: true })
  await press('Revoke link')
  await vi.waitFor(() => expect(button('Create link')).toBeDefined())
  expect(revoked).toHaveBeenCalledOnce()
  expect(document.querySelector('[role=dialog] input[readonly]')).toBeNull()
})

import { forEachSettled } from '@beseda/async'
import { type EventBody, handleCommand } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyRemindersSubject } from '@beseda/proto'
import { Attendance } from '@beseda/proto/call/v1/events'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { mayNotify } from '@beseda/rules'
import type { PushDevice } from '../domain/devices/push-device.js'
import { topicOf } from '../domain/notes/topic.js'
import { dueNow, forgetReminded, LONGEST_MS, noteReminded, type Reminded } from '../domain/reminders/reminders.js'
import type { Audience, NotificationMemory, NotifiedGroup, People, PreferencesStore } from './ports.js'
import type { PushSender } from './push-sender.js'
import type { PushSubscriptions } from './push-subscriptions.js'
import type { ReminderLetters } from './reminder-letters.js'
import type { ReminderNotice, ReminderNotices, ReminderStore, Upcoming } from './reminder-ports.js'

/**
 * How long a replica has a group to itself. Longer: when it ends in between, the reminder comes later; shorter: a slow one is overtaken, and
 * both remind.
 */
const LEASE_MS = 30_000
const TIMEOUT_MS = 10_000
/** Groups that are dealt with side by side, so that one whose letters are slow delays no other. */
const GROUPS_AT_ONCE = 8
/** How long a push service keeps a reminder after the call has begun, for a device that is off. */
const LATE_MS = 5 * 60_000
/** Nobody's command: the actor of what the clock does. */
const NOBODY = ''

export interface ReminderDeps {
  readonly history: GroupHistory
  readonly store: Pick<ReminderStore, 'upcoming' | 'schedule' | 'reminded' | 'remindedInVain'>
  readonly audience: Audience
  readonly preferences: PreferencesStore
  readonly people: Pick<People, 'attention'>
  readonly subscriptions: Pick<PushSubscriptions, 'living'>
  readonly memory: Pick<NotificationMemory, 'claim'>
  readonly sender: Pick<PushSender, 'send'>
  readonly notices: ReminderNotices
  readonly letters: Pick<ReminderLetters, 'write'>
  /** Streams of the groups that are in the view. */
  readonly streams: readonly string[]
}

/**
 * Reminds people of scheduled calls: in their open pages, by push, and by letter whom nothing else reaches (ADR 119). Sent first, marked in the
 * log second: whoever ends between the two is made up for by the next round, with the same push and the same letter, which show once.
 */
export class CallReminders {
  /** What pages and devices were told and is not marked yet, until the call begins: a letter that fails must not ring again and again. */
  readonly #told = new Map<string, number>()

  constructor(private readonly deps: ReminderDeps) {}

  /** Errors: PartialFailure with the groups for which it failed; the next round tries again. */
  async round(now: number): Promise<void> {
    for (const [key, startsAt] of this.#told) if (startsAt <= now) this.#told.delete(key)
    const groups = Map.groupBy(this.deps.store.upcoming(now, now + LONGEST_MS), ({ groupId }) => groupId)
    await forEachSettled(
      [...groups],
      ([groupId]) => `group ${groupId}`,
      ([groupId, calls]) => this.#remind(groupId, calls, now),
      GROUPS_AT_ONCE,
    )
  }

  /** Nothing is kept of groups that were deleted. Errors: PartialFailure with those for which it failed. */
  async forget(now: number): Promise<void> {
    const { history, store, audience, streams } = this.deps
    await forEachSettled(
      // What this replica knows nothing of was not deleted.
      store.remindedInVain().filter((groupId) => streams.includes(history.stream(groupId))),
      (groupId) => `group ${groupId}`,
      async (groupId) => {
        await history.catchUp(groupId, AbortSignal.timeout(TIMEOUT_MS))
        if (!audience.group(groupId)) await this.#change(groupId, now, forgetReminded)
      },
    )
  }

  async #remind(groupId: string, calls: readonly Upcoming[], now: number): Promise<void> {
    const { history, store, audience, memory } = this.deps
    const group = audience.group(groupId)
    const { state, lastSeq } = store.reminded(groupId)
    const due = dueNow(calls, state, now)
      .map((one) => ({ one, userIds: audience.membersByReminder(groupId, one.reminder).map(({ userId }) => userId) }))
      .filter(({ userIds }) => userIds.length > 0)
    if (!group || group.archived || due.length === 0) return
    if (!(await memory.claim(groupId, 'reminders', LEASE_MS)).first) return
    // What another replica has done is not done again, however far this view is behind.
    const newest = await history.deps.store.last(NOTIFY_STREAM, notifyRemindersSubject(groupId))
    if ((newest?.seq ?? 0) !== lastSeq) return
    const done: Reminded[] = []
    const tell = async ({ one, userIds }: (typeof due)[number]) => {
      await this.#tell(group, one, userIds, now)
      done.push(one)
    }
    try {
      await forEachSettled(due, ({ one }) => `call ${one.scheduleId}`, tell)
    } finally {
      // One that fails keeps none of the others from being done.
      if (done.length > 0) await this.#change(groupId, now, (present) => noteReminded(done, present, now))
    }
  }

  async #tell(group: NotifiedGroup, reminded: Reminded, userIds: readonly string[], now: number) {
    const { scheduleId, startsAt, reminder } = reminded
    const { store, audience, preferences, people, notices, letters, subscriptions } = this.deps
    const schedule = store.schedule(group.id, scheduleId)
    if (!schedule) return
    const attention = await people.attention(userIds)
    const wanted = userIds.filter((userId) => {
      if (schedule.answers.get(userId) === Attendance.NO || audience.hasBlocked(userId, schedule.organizerId)) {
        return false
      }
      const preference = preferences.group(userId, group.id).state
      const { quietHours } = preferences.general(userId).state
      const doNotDisturb = attention.get(userId)?.doNotDisturb ?? false
      // As a call that rings: it is meant for the person.
      const how = { kind: group.kind, preference, mentioned: true, inThread: false, quietHours, doNotDisturb, now }
      return mayNotify(how)
    })
    const notice: ReminderNotice = { groupId: group.id, scheduleId, title: schedule.terms.title, startsAt }
    const away = wanted.filter((userId) => !attention.get(userId)?.active)
    const devices = await subscriptions.living(away, now)
    const key = `${group.id} ${scheduleId} ${startsAt} ${reminder}`
    if (!this.#told.has(key)) {
      for (const userId of wanted) notices.reminded(userId, notice)
      this.#push(group, notice, devices, now)
      this.#told.set(key, startsAt)
    }
    const withDevice = new Set(devices.map(({ userId }) => userId))
    await letters.write(
      notice,
      away.filter((userId) => !withDevice.has(userId)),
      now,
    )
  }

  #push(group: NotifiedGroup, notice: ReminderNotice, devices: readonly PushDevice[], now: number): void {
    const { preferences, sender } = this.deps
    const { scheduleId, title, startsAt } = notice
    const direct = group.kind === GroupKind.DIRECT
    const ttlSeconds = Math.ceil((startsAt + LATE_MS - now) / 1_000)
    for (const device of devices) {
      const { hideContent } = preferences.general(device.userId).state
      const about = { groupId: group.id, direct, groupName: direct ? '' : group.name, locale: device.locale }
      const note = { kind: 'reminder', ...about, scheduleId, title: hideContent ? '' : title, startsAt } as const
      sender.send(device, note, { ttlSeconds, urgency: 'high', topic: topicOf(scheduleId) })
    }
  }

  async #change(groupId: string, now: number, decide: (present: readonly Reminded[]) => EventBody[]): Promise<void> {
    const { history, store } = this.deps
    const subject = notifyRemindersSubject(groupId)
    await handleCommand<readonly Reminded[]>(history.deps, {
      ...{ commandId: newId(), actorId: NOBODY, now: new Date(now), traceparent: undefined },
      ...{ signal: AbortSignal.timeout(TIMEOUT_MS), key: subject, stream: NOTIFY_STREAM, subject },
      load: () => store.reminded(groupId),
      decide,
    })
  }
}

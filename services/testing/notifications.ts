import { commandCommit, type EventBody, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import {
  historyStream,
  historySubject,
  NOTIFY_STREAM,
  notifyPushSubject,
  notifySettingsSubject,
  PEOPLE_STREAM,
} from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import type { Letter } from '@beseda/proto/mail/v1/letter'
import { MemberJoinedSchema, MemberRemovedSchema } from '@beseda/proto/membership/v1/events'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { NotificationSettingsChangedSchema, PushSubscribedSchema } from '@beseda/proto/notify/v1/events'
import type { Note } from '@beseda/rules'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { SealedPasswords } from '../notify/src/adapters/calendar-passwords.js'
import { SqliteArrangementStore } from '../notify/src/adapters/views/arrangement-store.js'
import { SqliteAudience } from '../notify/src/adapters/views/audience-reader.js'
import { SqliteCalendarStore } from '../notify/src/adapters/views/calendar-store.js'
import { SqliteInvitationStore } from '../notify/src/adapters/views/invitation-store.js'
import { SqliteMissedStore } from '../notify/src/adapters/views/missed-store.js'
import { notifyView } from '../notify/src/adapters/views/notify-view.js'
import { SqlitePreferencesStore } from '../notify/src/adapters/views/preferences-store.js'
import { SqlitePushDeviceStore } from '../notify/src/adapters/views/push-device-store.js'
import { SqliteReminderStore } from '../notify/src/adapters/views/reminder-store.js'
import { viewFreshness } from '../notify/src/adapters/views/view-freshness.js'
import { CalendarConnections } from '../notify/src/application/calendar-connections.js'
import { CalendarFailed, CalendarPace, type EventPlace } from '../notify/src/application/calendar-ports.js'
import { CalendarWriter } from '../notify/src/application/calendar-writer.js'
import { CallInvitations } from '../notify/src/application/call-invitations.js'
import { CallNotifications } from '../notify/src/application/call-notifications.js'
import { CallReminders } from '../notify/src/application/call-reminders.js'
import { InvitationLetters } from '../notify/src/application/invitation-letters.js'
import { ListArrangements } from '../notify/src/application/list-arrangements.js'
import type { Correspondents, ReadCounts } from '../notify/src/application/mail-ports.js'
import { MessageNotifications } from '../notify/src/application/message-notifications.js'
import { MissedLetters } from '../notify/src/application/missed-letters.js'
import { MissedMail } from '../notify/src/application/missed-mail.js'
import { MissedQueries } from '../notify/src/application/missed-queries.js'
import { NotificationPreferences } from '../notify/src/application/notification-preferences.js'
import type {
  MessageChange,
  NotificationMemory,
  PushResult,
  PushTerms,
  Threads,
} from '../notify/src/application/ports.js'
import { PushSender } from '../notify/src/application/push-sender.js'
import { PushSubscriptions } from '../notify/src/application/push-subscriptions.js'
import { ReminderLetters } from '../notify/src/application/reminder-letters.js'
import type { ReminderNotice } from '../notify/src/application/reminder-ports.js'
import { Unsubscribing } from '../notify/src/application/unsubscribing.js'
import type { Arrangement } from '../notify/src/domain/list/arrangement.js'
import type { Attention } from '../notify/src/domain/notes/recipients.js'
import type { Preferences } from '../notify/src/domain/preferences/preferences.js'
import { replica } from './scheduled.js'

export const NOW = new Date('2026-01-01T00:00:00Z')
const SECRET = InstallationSecret.of(Buffer.alloc(32, 1))
/** How long a pause between two notifications lasts here, whatever the application asks for. */
const PAUSE_MS = 200

/** What all replicas share. */
export function sharedMemory(): NotificationMemory {
  const pauses = new Map<string, number>()
  const [read, changes, callsOver] = [new Map<string, number>(), new Map<string, MessageChange>(), new Set<string>()]
  const [shown, notified] = [new Map<string, Set<string>>(), new Map<string, string[]>()]
  return {
    claim: async (userId, id) => {
      const now = performance.now()
      const until = pauses.get(userId + id) ?? now
      if (until <= now) pauses.set(userId + id, now + PAUSE_MS)
      return { first: until <= now, leftMs: until - now }
    },
    noteChange: async (id, change) => void changes.set(id, change),
    changeOf: async (id) => changes.get(id),
    noteCallOver: async (userId, callId) => void callsOver.add(userId + callId),
    isCallOver: async (userId, callId) => callsOver.has(userId + callId),
    noteRead: async (userId, groupId, seq) => void read.set(userId + groupId, seq),
    readUpTo: async (userId, groupId) => read.get(userId + groupId) ?? 0,
    noteShown: async (userId, id, sessionIds) => {
      shown.set(userId + id, new Set([...(shown.get(userId + id) ?? []), ...sessionIds]))
    },
    takeShown: async (userId, id) => {
      const sessionIds = [...(shown.get(userId + id) ?? [])]
      shown.delete(userId + id)
      notified.delete(userId + id)
      return sessionIds
    },
    noteNotified: async (userId, groupId, messageId) => {
      notified.set(userId + groupId, [messageId, ...(notified.get(userId + groupId) ?? [])])
    },
    notifiedOf: async (userIds, groupId, messageId) =>
      userIds.filter((userId) => notified.get(userId + groupId)?.includes(messageId)),
    takeNotified: async (userIds, groupId, messageId) =>
      userIds.flatMap((userId) => {
        const messageIds = notified.get(userId + groupId) ?? []
        if (!messageIds.includes(messageId)) return []
        notified.set(
          userId + groupId,
          messageIds.filter((id) => id !== messageId),
        )
        return [{ userId, newest: messageIds[0] === messageId }]
      }),
  }
}

/** Calendars of people on a server that takes everything, until it is told to fail: always, or for events with a word in them. */
export function calendarHouse() {
  const events = new Map<string, string>()
  const settings = { failure: CalendarFailure.UNSPECIFIED, broken: '', brokenAs: CalendarFailure.FORBIDDEN }
  /** What a replica waits for after it has taken something out. */
  const hold: { until: () => Promise<unknown> } = { until: async () => undefined }
  const house = { events, hold, written: [] as string[], tried: [] as string[], ...settings }
  const addressOf = ({ url, uid }: EventPlace) => `${url}${uid}`
  const require = (text = '') => {
    if (house.failure !== CalendarFailure.UNSPECIFIED) throw new CalendarFailed(house.failure)
    if (house.broken !== '' && text.includes(house.broken)) throw new CalendarFailed(house.brokenAs)
  }
  const servers = {
    find: async (address: string) => {
      require()
      return [{ url: address, name: 'Calls' }]
    },
    open: async (url: string) => {
      require()
      return { url, name: 'Calls' }
    },
    write: async (place: EventPlace, text: string) => {
      house.tried.push(place.uid)
      require(text)
      house.written.push(text)
      events.set(addressOf(place), text)
    },
    remove: async (place: EventPlace) => {
      house.tried.push(place.uid)
      require(events.get(addressOf(place)))
      events.delete(addressOf(place))
      await house.hold.until()
    },
  }
  return { ...house, servers, set: (change: Partial<typeof house>) => Object.assign(house, change) }
}

/** A log with groups, people and their devices, and push services that take everything. */
export async function notifyWorld() {
  const store = new MemoryEventStore()
  const memory = sharedMemory()
  const pushes: { readonly endpoint: string; readonly note: Note; readonly terms: PushTerms }[] = []
  const attention = new Map<string, Attention>()
  const names = new Map<string, string>()
  const endedSessions = new Set<string>()
  const failures: unknown[] = []
  const notices: { readonly userId: string; readonly preferences: Preferences }[] = []
  const queued = new Map<string, Letter>()
  const counts = new Map<string, readonly ReadCounts[]>()
  const unreachable = new Set<string>()
  const house = calendarHouse()
  const disabled = new Set<string>()
  const rearranged: { readonly userId: string; readonly arrangement: Arrangement }[] = []
  const reminded: (ReminderNotice & { readonly userId: string })[] = []
  const stops: (() => unknown)[] = []
  const gateway = {
    publicKey: new Uint8Array(),
    requireAllowed: () => undefined,
    send: async ({ endpoint }: { endpoint: string }, payload: string, terms: PushTerms): Promise<PushResult> => {
      pushes.push({ endpoint, note: JSON.parse(payload) as Note, terms })
      return { kind: 'sent' }
    },
  }
  const people = {
    names: async (userIds: readonly string[]) => new Map(userIds.map((id) => [id, names.get(id) ?? `name of ${id}`])),
    attention: async () => attention,
    endedSessions: async (sessions: readonly { userId: string; sessionId: string }[]) =>
      sessions.filter(({ sessionId }) => endedSessions.has(sessionId)),
  }
  const followers = new Map<string, Set<string> | Error>()
  const threads: Threads = {
    followers: async ({ threadId }) => {
      const known = followers.get(threadId) ?? new Set()
      if (known instanceof Error) throw known
      return known
    },
  }
  const observer = { pushed: () => undefined, failed: (error: unknown) => void failures.push(error) }
  const append = async (
    stream: string,
    subject: string,
    body: EventBody,
    { actorId = 'somebody', rosterSeq = 0 } = {},
  ) => {
    const commit = { ...commandCommit({ commandId: newId(), actorId, now: NOW }, [body]), rosterSeq: BigInt(rosterSeq) }
    const result = await store.append({ stream, subject, commit })
    return { stream, subject, seq: result.kind === 'appended' ? result.seq : 0, commit, bytes: new Uint8Array() }
  }

  const correspondents: Correspondents = {
    reachable: async (userIds) =>
      new Map(userIds.filter((id) => !unreachable.has(id)).map((id) => [id, 'Europe/Berlin'])),
    counts: async (userId) => counts.get(userId) ?? [],
  }
  /** As the stream does it, within ten minutes. */
  const queue = { add: async (letter: Letter) => void (queued.has(letter.id) || queued.set(letter.id, letter)) }

  /** A replica of the service; `freshness` in place of that of its view. */
  async function run({ mail = true, mailNames = false, partitions = [historyStream(0)] } = {}) {
    const streams = [...partitions, PEOPLE_STREAM, NOTIFY_STREAM]
    const { history, projection, stop } = await replica(store, streams, notifyView)
    const audience = new SqliteAudience(projection)
    const preferences = new SqlitePreferencesStore(projection)
    const freshness = viewFreshness(history)
    const subscriptions = new PushSubscriptions(history, new SqlitePushDeviceStore(projection), people, gateway)
    const sender = new PushSender(gateway, subscriptions, observer)
    const reached = [subscriptions, memory, sender, observer] as const
    const messages = new MessageNotifications(freshness, audience, preferences, people, threads, ...reached)
    const calls = new CallNotifications(freshness, audience, preferences, people, ...reached)
    const notifier = {
      changed: (userId: string, changed: Preferences) => void notices.push({ userId, preferences: changed }),
    }
    const commands = new NotificationPreferences(history, preferences, audience, notifier)
    const arrangements = new ListArrangements(history, new SqliteArrangementStore(projection), audience, {
      changed: (userId, arrangement) => void rearranged.push({ userId, arrangement }),
    })
    const missedStore = new SqliteMissedStore(projection)
    const missed = new MissedMail(
      ...([history, freshness, audience, preferences, missedStore, people, correspondents, mail] as const),
    )
    const letters = new MissedLetters(history, missedStore, preferences, people, missed, queue, SECRET)
    const queries = new MissedQueries(audience, preferences, people, correspondents, mailNames)
    const unsubscribing = new Unsubscribing(SECRET, commands)
    const reminderStore = new SqliteReminderStore(projection)
    const reminderLetters = new ReminderLetters(
      ...([reminderStore, audience, preferences, correspondents, queue, SECRET] as const),
      { available: mail, names: mailNames },
    )
    const reminders = new CallReminders({
      ...{ history, store: reminderStore, audience, preferences, people, subscriptions, memory, sender },
      notices: { reminded: (userId, notice) => void reminded.push({ userId, ...notice }) },
      letters: reminderLetters,
      streams: partitions,
    })
    const invitationStore = new SqliteInvitationStore(projection)
    const invitationLetters = new InvitationLetters(
      ...([invitationStore, reminderStore, freshness, audience, preferences, queue, SECRET, mailNames] as const),
    )
    const invitations = new CallInvitations(
      ...([history, invitationStore, correspondents, memory, invitationLetters] as const),
      partitions,
    )
    const calendarStore = new SqliteCalendarStore(projection)
    const passwords = new SealedPasswords(SECRET)
    const connections = new CalendarConnections(history, calendarStore, house.servers, passwords, SECRET)
    const calendars = new CalendarWriter({
      ...{ history, store: calendarStore, servers: house.servers, passwords, memory, ids: SECRET, streams: partitions },
      pace: new CalendarPace(),
      accounts: { disabled: async () => disabled },
    })
    const mailed = { missed, missedStore, letters, queries, unsubscribing }
    stops.push(
      stop,
      () => messages.onApplicationShutdown(),
      () => sender.onApplicationShutdown(),
    )
    return {
      history,
      projection,
      audience,
      preferences,
      subscriptions,
      messages,
      calls,
      commands,
      arrangements,
      ...mailed,
      ...{ reminders, reminderLetters, reminderStore },
      ...{ invitations, invitationLetters, invitationStore },
      ...{ calendars, calendarStore, connections },
    }
  }

  return {
    ...{ store, memory, pushes, attention, names, endedSessions, failures, notices, rearranged, reminded, append, run },
    /** Who follows a thread, by its id; an error: nobody can be asked. */
    followers,
    /** Letters that were queued, each once; what people have not read; who has no address. */
    ...{ queued, queue, counts, unreachable, correspondents },
    /** Calendars that people have connected; accounts that are shut out. */
    ...{ house, disabled },

    async group(memberIds: readonly string[], kind = GroupKind.GROUP): Promise<string> {
      const groupId = newId()
      const name = kind === GroupKind.DIRECT ? '' : 'Chess'
      const value = create(GroupCreatedSchema, { kind, name, ownerId: memberIds[0] ?? '', memberIds: [...memberIds] })
      await append(historyStream(0), historySubject(0, groupId, 'group'), { case: 'groupCreated', value })
      return groupId
    },

    leave: (groupId: string, userId: string) =>
      append(historyStream(0), historySubject(0, groupId, 'roster'), {
        case: 'memberRemoved',
        value: create(MemberRemovedSchema, { userId }),
      }),

    join: (groupId: string, userId: string) =>
      append(historyStream(0), historySubject(0, groupId, 'roster'), {
        case: 'memberJoined',
        value: create(MemberJoinedSchema, { userId }),
      }),

    /** Something that happens to the scheduled calls of a group. */
    schedule: (groupId: string, body: EventBody, actorId = 'ann') =>
      append(historyStream(0), historySubject(0, groupId, 'calls'), body, { actorId }),

    /** Subscribes a device of a person; its address. */
    async device(userId: string, sessionId = newId()): Promise<string> {
      const endpoint = `https://push.example/${sessionId}`
      const value = create(PushSubscribedSchema, { deviceId: newId(), endpoint, locale: 'en' })
      await append(NOTIFY_STREAM, notifyPushSubject(userId, sessionId), { case: 'pushSubscribed', value })
      return endpoint
    },

    async hideContent(userId: string): Promise<void> {
      const value = create(NotificationSettingsChangedSchema, { hideContent: true })
      await append(NOTIFY_STREAM, notifySettingsSubject(userId), { case: 'notificationSettingsChanged', value })
    },

    async post(
      groupId: string,
      authorId: string,
      text: string,
      more: MessageInitShape<typeof MessagePostedSchema> = {},
    ) {
      const value = create(MessagePostedSchema, { messageId: newId(), authorId, text, ...more })
      const roster = await store.last(historyStream(0), historySubject(0, groupId, 'roster'))
      const subject = historySubject(0, groupId, 'messages')
      return append(historyStream(0), subject, { case: 'messagePosted', value }, { rosterSeq: roster?.seq ?? 0 })
    },

    /** Texts of the messages that were pushed. */
    texts: () => pushes.flatMap(({ note }) => (note.kind === 'message' ? [note.text] : [])),

    async stop(): Promise<void> {
      for (const stop of stops) await stop()
    },
  }
}

export type NotifyWorld = Awaited<ReturnType<typeof notifyWorld>>

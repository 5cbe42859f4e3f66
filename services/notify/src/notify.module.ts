import { SerialQueue } from '@beseda/async'
import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import {
  Background,
  ENVIRONMENT,
  EVENT_STORE,
  FAN_OUT,
  InstallationSecret,
  LOGGER,
  NATS,
  PLATFORM_CONFIG,
  provide,
  provideClass,
  RedisModule,
  SecretModule,
  type ServiceModule,
  TRANSPORT,
  Views,
} from '@beseda/platform'
import { NOTIFY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { BusHandlers, BusListener } from './adapters/bus/bus-listener.js'
import { NotifyHandlers } from './adapters/bus/handlers.js'
import { busArrangementNotices, busPreferencesNotices } from './adapters/bus/preferences-notices.js'
import { CALENDARS } from './adapters/calendars.bindings.js'
import { INVITATIONS } from './adapters/invitations.bindings.js'
import { MISSED } from './adapters/missed.bindings.js'
import { peopleOf } from './adapters/people.js'
import { redisNotificationMemory } from './adapters/redis/notification-memory.js'
import { REMINDERS } from './adapters/reminders.bindings.js'
import { CalendarController } from './adapters/rpc/calendar.controller.js'
import { MissedMailController } from './adapters/rpc/missed-mail.controller.js'
import { NotifyController } from './adapters/rpc/notify.controller.js'
import { threadsOf } from './adapters/threads.js'
import { SqliteArrangementStore } from './adapters/views/arrangement-store.js'
import { SqliteAudience } from './adapters/views/audience-reader.js'
import { notifyView } from './adapters/views/notify-view.js'
import { SqlitePreferencesStore } from './adapters/views/preferences-store.js'
import { SqlitePushDeviceStore } from './adapters/views/push-device-store.js'
import { viewFreshness } from './adapters/views/view-freshness.js'
import { WebPushGateway } from './adapters/web-push.js'
import { CalendarPace } from './application/calendar-ports.js'
import { CalendarWriter } from './application/calendar-writer.js'
import { CallInvitations } from './application/call-invitations.js'
import { CallNotifications } from './application/call-notifications.js'
import { CallReminders } from './application/call-reminders.js'
import { DepartedPeople } from './application/departed-people.js'
import { ListArrangements } from './application/list-arrangements.js'
import { MessageCorrections } from './application/message-corrections.js'
import { MessageNotifications } from './application/message-notifications.js'
import { MissedLetters } from './application/missed-letters.js'
import { MissedMail } from './application/missed-mail.js'
import { NotificationPreferences } from './application/notification-preferences.js'
import {
  ArrangementNotices,
  ArrangementStore,
  Audience,
  NotificationMemory,
  NotifyObserver,
  People,
  PreferencesNotices,
  PreferencesStore,
  PushDeviceStore,
  PushGateway,
  Threads,
  ViewFreshness,
} from './application/ports.js'
import { PushSender } from './application/push-sender.js'
import { PushSubscriptions } from './application/push-subscriptions.js'
import { LetterConfig, PushConfig, readPushConfig } from './config.js'
import { NotifyEvents } from './events.js'

/** How often it is looked who was there, and whom to write to. Longer: whoever is there for a moment is written to all the same. */
const MISSED_MS = 15_000

/** How often it is looked whom to remind of calls. Longer: reminders that come as much later. */
const REMINDERS_MS = 10_000

/** How often it is looked whose calls have changed. Longer: calendars that are as much behind; shorter: letters about what is being corrected. */
const INVITATIONS_MS = 15_000

/** Sweep interval for devices whose sessions ended while no replica listened, and for what is left of groups. */
const SWEEP_MS = 15 * 60_000

@Module({
  imports: [RedisModule, SecretModule],
  controllers: [NotifyController, MissedMailController, CalendarController],
  providers: [
    provide(PushConfig, [ENVIRONMENT], readPushConfig),
    provide(Projection, [Views], (views) =>
      views.open(notifyView, [...views.historyStreams, PEOPLE_STREAM, NOTIFY_STREAM]),
    ),
    provide(
      GroupHistory,
      [EVENT_STORE, Projection, PLATFORM_CONFIG],
      (store, projection, { partitionCount }) =>
        new GroupHistory({ store, projection, queue: new SerialQueue() }, partitionCount),
    ),
    provide(Audience, [Projection], (projection) => new SqliteAudience(projection)),
    provide(PreferencesStore, [Projection], (projection) => new SqlitePreferencesStore(projection)),
    provide(ArrangementStore, [Projection], (projection) => new SqliteArrangementStore(projection)),
    provide(PushDeviceStore, [Projection], (projection) => new SqlitePushDeviceStore(projection)),
    provide(ViewFreshness, [GroupHistory], viewFreshness),
    provide(People, [TRANSPORT], peopleOf),
    provide(Threads, [TRANSPORT], threadsOf),
    provide(PreferencesNotices, [NATS], busPreferencesNotices),
    provide(ArrangementNotices, [NATS], busArrangementNotices),
    provide(NotificationMemory, [Redis], redisNotificationMemory),
    provide(PushGateway, [PushConfig, InstallationSecret], (config, secret) => new WebPushGateway(config, secret)),
    provide(NotifyObserver, [Registry, LOGGER], (registry, logger) => new NotifyEvents(registry, logger)),
    provideClass(NotificationPreferences, [GroupHistory, PreferencesStore, Audience, PreferencesNotices]),
    provideClass(ListArrangements, [GroupHistory, ArrangementStore, Audience, ArrangementNotices]),
    provideClass(PushSubscriptions, [GroupHistory, PushDeviceStore, People, PushGateway]),
    provideClass(PushSender, [PushGateway, PushSubscriptions, NotifyObserver]),
    provideClass(MessageNotifications, [
      ViewFreshness,
      Audience,
      PreferencesStore,
      People,
      Threads,
      PushSubscriptions,
      NotificationMemory,
      PushSender,
      NotifyObserver,
    ]),
    provideClass(MessageCorrections, [
      Audience,
      PreferencesStore,
      People,
      PushSubscriptions,
      NotificationMemory,
      PushSender,
    ]),
    provideClass(CallNotifications, [
      ViewFreshness,
      Audience,
      PreferencesStore,
      People,
      PushSubscriptions,
      NotificationMemory,
      PushSender,
      NotifyObserver,
    ]),
    ...MISSED,
    ...REMINDERS,
    ...INVITATIONS,
    ...CALENDARS,
    provideClass(DepartedPeople, [
      ...([
        Audience,
        PushSubscriptions,
        NotificationPreferences,
        ListArrangements,
        MissedMail,
        CallInvitations,
        CalendarWriter,
      ] as const),
    ]),
    provide(
      BusHandlers,
      [MessageNotifications, MessageCorrections, CallNotifications, PushSubscriptions, MissedMail, NotifyObserver],
      (messages, corrections, calls, subscriptions, missed, observer) =>
        new NotifyHandlers(messages, corrections, calls, subscriptions, missed, observer),
    ),
    provideClass(BusListener, [NATS, FAN_OUT, PLATFORM_CONFIG, BusHandlers]),
  ],
})
export class NotifyModule {
  constructor(
    background: Background,
    projection: Projection,
    departed: DepartedPeople,
    subscriptions: PushSubscriptions,
    listener: BusListener,
    letters: MissedLetters,
    reminders: CallReminders,
    invitations: CallInvitations,
    calendars: CalendarWriter,
    { roundMs }: CalendarPace,
    { available }: LetterConfig,
  ) {
    listener.start()
    if (available) background.every('missed messages', MISSED_MS, () => letters.round(Date.now()), projection)
    if (available)
      background.every('invitations to calls', INVITATIONS_MS, () => invitations.round(Date.now()), projection)
    background.every('calendars', roundMs, () => calendars.round(Date.now()), projection)
    background.every('reminders of calls', REMINDERS_MS, () => reminders.round(Date.now()), projection)
    background.every('reminders of deleted groups', SWEEP_MS, () => reminders.forget(Date.now()), projection)
    background.every('sweep of sessions', SWEEP_MS, () => subscriptions.sweep(Date.now()), projection)
    background.follow(
      'departures',
      projection,
      () => departed.round(),
      ({ stream }) => stream === PEOPLE_STREAM,
    )
  }
}

export const notifyService: ServiceModule = { name: 'notify', module: NotifyModule }

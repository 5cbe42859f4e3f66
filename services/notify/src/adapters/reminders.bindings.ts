import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { InstallationSecret, NATS, provide, Views } from '@beseda/platform'
import { CallReminders } from '../application/call-reminders.js'
import { Correspondents, LetterQueue } from '../application/mail-ports.js'
import { Audience, NotificationMemory, People, PreferencesStore } from '../application/ports.js'
import { PushSender } from '../application/push-sender.js'
import { PushSubscriptions } from '../application/push-subscriptions.js'
import { ReminderLetters } from '../application/reminder-letters.js'
import { ReminderNotices, ReminderStore } from '../application/reminder-ports.js'
import { LetterConfig } from '../config.js'
import { busReminderNotices } from './bus/preferences-notices.js'
import { SqliteReminderStore } from './views/reminder-store.js'

/** What reminds people of scheduled calls. */
export const REMINDERS = [
  provide(ReminderStore, [Projection], (projection) => new SqliteReminderStore(projection)),
  provide(ReminderNotices, [NATS], busReminderNotices),
  provide(
    ReminderLetters,
    [ReminderStore, Audience, PreferencesStore, Correspondents, LetterQueue, InstallationSecret, LetterConfig],
    (store, audience, preferences, correspondents, queue, secret, config) =>
      new ReminderLetters(store, audience, preferences, correspondents, queue, secret, config),
  ),
  provide(
    CallReminders,
    [
      ...([GroupHistory, ReminderStore, Audience, PreferencesStore, People, PushSubscriptions] as const),
      ...([NotificationMemory, PushSender, ReminderNotices, ReminderLetters, Views] as const),
    ],
    (history, store, audience, preferences, people, subscriptions, memory, sender, notices, letters, views) =>
      new CallReminders({
        ...{ history, store, audience, preferences, people, subscriptions, memory, sender, notices, letters },
        streams: views.historyStreams,
      }),
  ),
]

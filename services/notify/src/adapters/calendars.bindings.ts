import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { ENVIRONMENT, InstallationSecret, provide, provideClass, TRANSPORT, Views } from '@beseda/platform'
import { CalendarConnections } from '../application/calendar-connections.js'
import {
  CalendarAccounts,
  CalendarPace,
  CalendarPasswords,
  CalendarServers,
  CalendarStore,
} from '../application/calendar-ports.js'
import { CalendarWriter } from '../application/calendar-writer.js'
import { NotificationMemory } from '../application/ports.js'
import { CalendarConfig, readCalendarConfig } from '../config.js'
import { CaldavServers } from './caldav/caldav-servers.js'
import { RemoteCalendarAccounts } from './calendar-accounts.js'
import { SealedPasswords } from './calendar-passwords.js'
import { SqliteCalendarStore } from './views/calendar-store.js'

/** What writes scheduled calls into calendars that people keep elsewhere. */
export const CALENDARS = [
  provide(CalendarConfig, [ENVIRONMENT], readCalendarConfig),
  provide(CalendarPace, [], () => new CalendarPace()),
  provide(CalendarStore, [Projection], (projection) => new SqliteCalendarStore(projection)),
  provide(CalendarServers, [CalendarConfig], ({ trustedHosts }) => new CaldavServers({ trustedHosts })),
  provide(CalendarPasswords, [InstallationSecret], (secret) => new SealedPasswords(secret)),
  provide(CalendarAccounts, [TRANSPORT], (rpc) => new RemoteCalendarAccounts(rpc)),
  provideClass(CalendarConnections, [
    ...([GroupHistory, CalendarStore, CalendarServers, CalendarPasswords, InstallationSecret] as const),
  ]),
  provide(
    CalendarWriter,
    [
      ...([GroupHistory, CalendarStore, CalendarServers, CalendarPasswords, CalendarAccounts] as const),
      ...([NotificationMemory, InstallationSecret, CalendarPace, Views] as const),
    ],
    (history, store, servers, passwords, accounts, memory, ids, pace, { historyStreams: streams }) =>
      new CalendarWriter({ history, store, servers, passwords, accounts, memory, ids, pace, streams }),
  ),
]

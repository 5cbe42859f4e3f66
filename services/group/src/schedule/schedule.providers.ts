import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { provide, provideClass, TRANSPORT, Views } from '@beseda/platform'
import { Access } from '../groups/application/access.js'
import { GroupReader, KeyedHashes } from '../groups/application/ports.js'
import { IdentityAccounts } from './adapters/identity-accounts.js'
import { SqliteCalendarFeedStore } from './adapters/views/calendar-feed-store.js'
import { SqliteScheduleReader, SqliteScheduleStore } from './adapters/views/schedule-store.js'
import { CalendarFeeds } from './application/calendar-feeds.js'
import { Accounts, CalendarFeedStore, ScheduleReader, ScheduleStore } from './application/ports.js'
import { ScheduleCommands } from './application/schedule-commands.js'
import { ScheduleQueries } from './application/schedule-queries.js'

export const scheduleProviders = [
  provide(ScheduleStore, [Projection], (projection) => new SqliteScheduleStore(projection)),
  provide(ScheduleReader, [Projection], (projection) => new SqliteScheduleReader(projection)),
  provide(CalendarFeedStore, [Projection], (projection) => new SqliteCalendarFeedStore(projection)),
  provide(Accounts, [TRANSPORT], (rpc) => new IdentityAccounts(rpc)),
  provide(
    CalendarFeeds,
    [GroupHistory, CalendarFeedStore, ScheduleReader, KeyedHashes, Accounts, Views],
    (history, store, reader, keys, accounts, { historyStreams }) =>
      new CalendarFeeds(history, store, reader, keys, accounts, historyStreams),
  ),
  provideClass(ScheduleCommands, [GroupHistory, Access, ScheduleStore, KeyedHashes]),
  provide(
    ScheduleQueries,
    [GroupHistory, Access, GroupReader, ScheduleReader, Views],
    (history, access, groups, reader, { historyStreams }) =>
      new ScheduleQueries(history, access, groups, reader, historyStreams),
  ),
]

import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { provide, provideClass, Views } from '@beseda/platform'
import { Access } from '../groups/application/access.js'
import { GroupReader, KeyedHashes } from '../groups/application/ports.js'
import { SqliteScheduleReader, SqliteScheduleStore } from './adapters/views/schedule-store.js'
import { ScheduleReader, ScheduleStore } from './application/ports.js'
import { ScheduleCommands } from './application/schedule-commands.js'
import { ScheduleQueries } from './application/schedule-queries.js'

export const scheduleProviders = [
  provide(ScheduleStore, [Projection], (projection) => new SqliteScheduleStore(projection)),
  provide(ScheduleReader, [Projection], (projection) => new SqliteScheduleReader(projection)),
  provideClass(ScheduleCommands, [GroupHistory, Access, ScheduleStore, KeyedHashes]),
  provide(
    ScheduleQueries,
    [GroupHistory, Access, GroupReader, ScheduleReader, Views],
    (history, access, groups, reader, { historyStreams }) =>
      new ScheduleQueries(history, access, groups, reader, historyStreams),
  ),
]

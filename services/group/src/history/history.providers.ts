import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { provide, provideClass } from '@beseda/platform'
import { FileSweeper } from '../files/application/file-sweeper.js'
import { Access } from '../groups/application/access.js'
import { GroupCommands } from '../groups/application/group-commands.js'
import { People } from '../groups/application/ports.js'
import { MessageChanges } from '../messages/application/message-changes.js'
import { SqliteErasureStore } from './adapters/views/erasure-store.js'
import { SqliteHistoryReader } from './adapters/views/history-reader.js'
import { Eraser } from './application/eraser.js'
import { HistoryQueries } from './application/history-queries.js'
import { ErasureStore, HistoryReader } from './application/ports.js'

export const historyProviders = [
  provide(HistoryReader, [Projection], (projection) => new SqliteHistoryReader(projection)),
  provide(ErasureStore, [Projection], (projection) => new SqliteErasureStore(projection)),
  provideClass(HistoryQueries, [Access, HistoryReader, People]),
  provideClass(Eraser, [GroupHistory, ErasureStore, MessageChanges, GroupCommands, FileSweeper]),
]

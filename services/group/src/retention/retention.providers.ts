import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { provide, provideClass } from '@beseda/platform'
import { GroupReader, People } from '../groups/application/ports.js'
import { MessageChanges } from '../messages/application/message-changes.js'
import { Administrators } from '../moderation/application/ports.js'
import { SqliteOldMessages, SqliteRetentionStore } from './adapters/views/retention-store.js'
import { OldMessages, RetentionStore } from './application/ports.js'
import { RetentionCommands } from './application/retention-commands.js'
import { RetentionWorker } from './application/retention-worker.js'

export const retentionProviders = [
  provide(RetentionStore, [Projection], (projection) => new SqliteRetentionStore(projection)),
  provide(OldMessages, [Projection], (projection) => new SqliteOldMessages(projection)),
  provideClass(RetentionCommands, [GroupHistory, RetentionStore, GroupReader, People, Administrators]),
  provideClass(RetentionWorker, [GroupHistory, RetentionStore, OldMessages, MessageChanges]),
]

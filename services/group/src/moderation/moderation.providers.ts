import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { provide, provideClass, TRANSPORT } from '@beseda/platform'
import { Access } from '../groups/application/access.js'
import { GroupCommands } from '../groups/application/group-commands.js'
import { GroupReader } from '../groups/application/ports.js'
import { MessageChanges } from '../messages/application/message-changes.js'
import { MessageRevisions } from '../messages/application/message-revisions.js'
import { MessageStore } from '../messages/application/ports.js'
import { IdentityAdministrators } from './adapters/identity-administrators.js'
import { SqliteGroupDirectoryReader } from './adapters/views/group-directory-reader.js'
import { SqliteReportStore } from './adapters/views/report-store.js'
import { GroupDirectory } from './application/group-directory.js'
import { Administrators, GroupDirectoryReader, ReportStore } from './application/ports.js'
import { ReportCommands } from './application/report-commands.js'
import { ReportQueries } from './application/report-queries.js'

export const moderationProviders = [
  provide(Administrators, [TRANSPORT], (rpc) => new IdentityAdministrators(rpc)),
  provide(ReportStore, [Projection], (projection) => new SqliteReportStore(projection)),
  provide(GroupDirectoryReader, [Projection], (projection) => new SqliteGroupDirectoryReader(projection)),
  provideClass(ReportCommands, [GroupHistory, Access, MessageStore, MessageChanges, ReportStore, Administrators]),
  provideClass(ReportQueries, [GroupReader, MessageRevisions, ReportStore, Administrators]),
  provideClass(GroupDirectory, [GroupDirectoryReader, GroupReader, GroupCommands, Administrators]),
]

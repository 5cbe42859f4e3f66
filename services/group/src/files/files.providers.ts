import { Projection } from '@beseda/event-log'
import { GroupHistory, upToDate } from '@beseda/history'
import { ENVIRONMENT, NATS, openBlobs, PLATFORM_CONFIG, provide, provideClass, Views } from '@beseda/platform'
import { GROUP_CONFIG, readGroupConfig } from '../config.js'
import { Access } from '../groups/application/access.js'
import { KeyedHashes, People } from '../groups/application/ports.js'
import { MessageStore } from '../messages/application/ports.js'
import { Posting } from '../messages/application/posting.js'
import { holdsUpToDate } from '../retention/application/holds-up-to-date.js'
import { BlobFiles } from './adapters/blob-files.js'
import { PictureInspector } from './adapters/picture-inspector.js'
import { SqliteFileUses } from './adapters/views/file-uses.js'
import { FileSweeper } from './application/file-sweeper.js'
import { Files } from './application/files.js'
import { FileInspector, FileStore, FileUses, ViewCatchUp } from './application/ports.js'
import { Recordings } from './application/recordings.js'

export const fileProviders = [
  provide(GROUP_CONFIG, [ENVIRONMENT], readGroupConfig),
  provide(FileStore, [NATS, GROUP_CONFIG], async (nats, { s3 }) => new BlobFiles(await openBlobs(nats, s3))),
  provide(FileInspector, [], () => new PictureInspector()),
  provide(FileUses, [Projection], (projection) => new SqliteFileUses(projection)),
  provide(ViewCatchUp, [GroupHistory, Views], ({ deps }, { historyStreams }) => ({
    catchUp: (signal) => upToDate(deps, historyStreams, signal),
  })),
  provideClass(Files, [FileStore, FileUses, FileInspector, Access, MessageStore, ViewCatchUp]),
  provideClass(Recordings, [FileStore, Files, Posting, KeyedHashes, FileUses, ViewCatchUp]),
  provide(
    FileSweeper,
    [FileStore, FileUses, People, GroupHistory, PLATFORM_CONFIG],
    (store, uses, people, { deps }, { partitions }) =>
      new FileSweeper(store, uses, people, () => holdsUpToDate(deps), partitions === 'all'),
  ),
]

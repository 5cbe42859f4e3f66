import { SerialQueue } from '@beseda/async'
import { type StoredCommit } from '@beseda/event-log'
import { GroupHistory, upToDate } from '@beseda/history'
import { InstallationSecret, openBlobs, type Platform, type ServiceDefinition } from '@beseda/platform'
import { PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { GroupEvents } from './events.js'
import { BlobFiles } from './files/adapters/blob-files.js'
import { inspectFile } from './files/adapters/inspect.js'
import { FileController } from './files/adapters/rpc/file.controller.js'
import { Files } from './files/application/files.js'
import { identityPeople } from './groups/adapters/identity-people.js'
import { GroupController } from './groups/adapters/rpc/group.controller.js'
import { Access } from './groups/application/access.js'
import { Groups } from './groups/application/group-commands.js'
import { HistoryController } from './history/adapters/rpc/history.controller.js'
import { Eraser } from './history/application/eraser.js'
import { HistoryReaders } from './history/application/history-queries.js'
import { remoteMessages } from './messages/adapters/message-source.js'
import { MessageController } from './messages/adapters/rpc/message.controller.js'
import { MessageChanges } from './messages/application/message-changes.js'
import { MessageLane } from './messages/application/message-lane.js'
import { Reading } from './messages/application/message-queries.js'
import { Posting } from './messages/application/posting.js'
import { Marks } from './messages/application/read-markers.js'
import { identityAdministrators } from './moderation/adapters/identity-administrators.js'
import { HISTORY, ModerationController } from './moderation/adapters/rpc/moderation.controller.js'
import { openReports } from './moderation/adapters/views/report-view.js'
import { AllGroups, groupCount } from './moderation/application/group-directory.js'
import { Reports } from './moderation/application/reports.js'
import { historyView } from './view/history-view.js'

@Module({})
class GroupModule {}

/** How often files that nobody has sent, and remains of broken uploads, are looked for. */
const SWEEP_MS = 30 * 60_000

/** Wires the service. */
export const groupService: ServiceDefinition = {
  name: 'group',
  async module(platform: Platform) {
    const { store, rpc, nats, config } = platform
    const historyStreams = platform.historyStreams()
    const streams = [...historyStreams, ...platform.personalStreams(), PEOPLE_STREAM]
    const projection = platform.project(historyView, streams)
    const history = new GroupHistory({ store, projection, queue: new SerialQueue() }, config.partitionCount)
    const people = identityPeople(rpc)
    const access = new Access(history)
    const blobs = new BlobFiles(await openBlobs(nats))
    const files = new Files(
      () => history.view,
      blobs,
      inspectFile,
      people.pictures,
      config.partitions === 'all',
      (signal) => upToDate(history.deps, historyStreams, signal),
    )
    const secret = InstallationSecret.read(config.secretFile)
    const groups = new Groups(history, access, people, files, secret)
    const lane = new MessageLane(history)
    const eraser = new Eraser(history, lane, groups, files)
    platform.inBackground('erasure', projection, makesWork, () => eraser.round(new Date()))
    platform.every('sweep of files', SWEEP_MS, projection, () => files.sweep(Date.now()))
    const administrators = identityAdministrators(rpc)
    const reports = new Reports(history, access, lane, administrators)
    platform.inBackground('reports', projection, makesWork, () => reports.round(new Date()))
    platform.figures.set('groups', () => groupCount(projection.view))
    platform.figures.set('reports', () => openReports(projection.view))
    return {
      module: GroupModule,
      controllers: [GroupController, MessageController, HistoryController, FileController, ModerationController],
      providers: [
        { provide: Groups, useValue: groups },
        { provide: Posting, useValue: new Posting(history, access, lane, files, remoteMessages(rpc), historyStreams) },
        { provide: MessageChanges, useValue: new MessageChanges(history, access, lane) },
        { provide: Reading, useValue: new Reading(history, access) },
        { provide: Marks, useValue: new Marks(history, access, (subject, bytes) => nats.publish(subject, bytes)) },
        { provide: HistoryReaders, useValue: new HistoryReaders(history, access, people) },
        { provide: Files, useValue: files },
        { provide: Reports, useValue: reports },
        { provide: AllGroups, useValue: new AllGroups(history, groups, administrators) },
        { provide: HISTORY, useValue: history },
        { provide: GroupEvents, useValue: new GroupEvents(platform) },
      ],
    }
  },
}

const WORK: ReadonlySet<string | undefined> = new Set([
  'messageDeleted',
  'groupDeleted',
  'groupUpdated',
  'memberLeft',
  'memberRemoved',
  'personGone',
  'reportChanged',
])

/** After which commits there is something to erase. */
const makesWork = ({ commit }: StoredCommit): boolean => commit.events.some(({ body }) => WORK.has(body.case))

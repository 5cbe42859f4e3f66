import { SerialQueue } from '@beseda/async'
import { type StoredCommit } from '@beseda/event-log'
import { GroupHistory, upToDate } from '@beseda/history'
import { InstallationSecret, openBlobs, type Platform, type ServiceDefinition } from '@beseda/platform'
import { PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { identityAdministrators } from './adapters/administrators.js'
import { BlobFiles } from './adapters/blob-files.js'
import { inspectFile } from './adapters/inspect.js'
import { remoteMessages } from './adapters/message-source.js'
import { identityPeople } from './adapters/people.js'
import { Access } from './application/access.js'
import { AllGroups, groupCount } from './application/all-groups.js'
import { Eraser } from './application/eraser.js'
import { Files } from './application/files.js'
import { Groups } from './application/groups.js'
import { HistoryReaders } from './application/history-readers.js'
import { Marks } from './application/marks.js'
import { MessageChanges } from './application/message-changes.js'
import { MessageLane } from './application/message-lane.js'
import { Posting } from './application/posting.js'
import { Reading } from './application/reading.js'
import { Reports } from './application/reports.js'
import { GroupEvents } from './events.js'
import { FileController } from './file.controller.js'
import { GroupController } from './group.controller.js'
import { HistoryController } from './history.controller.js'
import { MessageController } from './message.controller.js'
import { HISTORY, ModerationController } from './moderation.controller.js'
import { historyView } from './projections/history.js'
import { openReports } from './projections/reports.js'

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

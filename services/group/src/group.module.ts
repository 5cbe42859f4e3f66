import { Projection, type StoredCommit } from '@beseda/event-log'
import { Background, Figures, SecretModule, type ServiceModule } from '@beseda/platform'
import { RETENTION_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { groupEvents } from './events.js'
import { FileController } from './files/adapters/rpc/file.controller.js'
import { FileSweeper } from './files/application/file-sweeper.js'
import { fileProviders } from './files/files.providers.js'
import { GroupController } from './groups/adapters/rpc/group.controller.js'
import { groupProviders } from './groups/groups.providers.js'
import { HistoryController } from './history/adapters/rpc/history.controller.js'
import { Eraser } from './history/application/eraser.js'
import { historyProviders } from './history/history.providers.js'
import { MessageController } from './messages/adapters/rpc/message.controller.js'
import { PollController } from './messages/adapters/rpc/poll.controller.js'
import { messageProviders } from './messages/messages.providers.js'
import { ModerationController } from './moderation/adapters/rpc/moderation.controller.js'
import { GroupDirectoryReader, ReportStore } from './moderation/application/ports.js'
import { ReportCommands } from './moderation/application/report-commands.js'
import { moderationProviders } from './moderation/moderation.providers.js'
import { RetentionWorker } from './retention/application/retention-worker.js'
import { retentionProviders } from './retention/retention.providers.js'
import { ScheduleController } from './schedule/adapters/rpc/schedule.controller.js'
import { scheduleProviders } from './schedule/schedule.providers.js'
import { viewProviders } from './view/view.providers.js'

/** Between two sweeps of files that were never sent. Shorter: the list of all files is read more often; longer: they take room longer. */
const SWEEP_MS = 30 * 60_000

/** Events after which there is something to erase, or a report to write anew. */
const MAKES_WORK: ReadonlySet<string | undefined> = new Set([
  'messageDeleted',
  'groupDeleted',
  'groupUpdated',
  'memberLeft',
  'memberRemoved',
  'memberBanned',
  'personGone',
  'reportChanged',
  'holdChanged',
])

const makesWork = ({ commit }: StoredCommit): boolean => commit.events.some(({ body }) => MAKES_WORK.has(body.case))

const changesRetention = ({ stream }: StoredCommit): boolean => stream === RETENTION_STREAM

/** Groups, messages, files, the history of groups, scheduled calls, and moderation: one process, because they share one view. */
@Module({
  imports: [SecretModule],
  controllers: [
    GroupController,
    MessageController,
    PollController,
    FileController,
    HistoryController,
    ModerationController,
    ScheduleController,
  ],
  providers: [
    groupEvents,
    ...viewProviders,
    ...groupProviders,
    ...messageProviders,
    ...fileProviders,
    ...historyProviders,
    ...moderationProviders,
    ...retentionProviders,
    ...scheduleProviders,
  ],
})
export class GroupModule {
  constructor(
    background: Background,
    figures: Figures,
    projection: Projection,
    eraser: Eraser,
    reports: ReportCommands,
    sweeper: FileSweeper,
    directory: GroupDirectoryReader,
    reportStore: ReportStore,
    retention: RetentionWorker,
  ) {
    background.follow('erasure', projection, () => eraser.round(new Date()), makesWork)
    background.follow('reports', projection, () => reports.redact(new Date()), makesWork)
    background.follow('retention', projection, () => retention.round(new Date()), changesRetention)
    background.every('sweep of files', SWEEP_MS, () => sweeper.sweep(Date.now()), projection)
    figures.set('groups', () => directory.count())
    figures.set('reports', () => reportStore.openCount())
  }
}

export const groupService: ServiceModule = { name: 'group', module: GroupModule }

import type { Projection } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import type { FileSweeper } from '../group/src/files/application/file-sweeper.js'
import type { Files } from '../group/src/files/application/files.js'
import { SqliteGroupReader } from '../group/src/groups/adapters/views/group-reader.js'
import { SqliteGroupStore } from '../group/src/groups/adapters/views/group-store.js'
import { Access } from '../group/src/groups/application/access.js'
import type { GroupCommands } from '../group/src/groups/application/group-commands.js'
import { GroupLane } from '../group/src/groups/application/group-lane.js'
import { SqliteErasureStore } from '../group/src/history/adapters/views/erasure-store.js'
import { Eraser } from '../group/src/history/application/eraser.js'
import { SqliteMessageReader } from '../group/src/messages/adapters/views/message-reader.js'
import { SqliteMessageStore } from '../group/src/messages/adapters/views/message-store.js'
import { SqlitePollStore } from '../group/src/messages/adapters/views/poll-store.js'
import { SqliteReadMarkerStore } from '../group/src/messages/adapters/views/read-marker-store.js'
import { SqliteRevisionReader } from '../group/src/messages/adapters/views/revision-reader.js'
import { SqliteThreadStore } from '../group/src/messages/adapters/views/thread-store.js'
import { ChangesAbout } from '../group/src/messages/application/changes-about.js'
import { MessageChanges } from '../group/src/messages/application/message-changes.js'
import { MessageContents } from '../group/src/messages/application/message-contents.js'
import { MessageLane } from '../group/src/messages/application/message-lane.js'
import { MessageQueries } from '../group/src/messages/application/message-queries.js'
import { MessageRevisions } from '../group/src/messages/application/message-revisions.js'
import { Polls } from '../group/src/messages/application/polls.js'
import type { MessageSource } from '../group/src/messages/application/ports.js'
import { Posting } from '../group/src/messages/application/posting.js'
import { Retries } from '../group/src/messages/application/retries.js'
import { WebhookPosting } from '../group/src/messages/application/webhook-posting.js'

/** What a test can put in place of other services and stores. */
export interface Substitutes {
  readonly files?: Pick<Files, 'require'>
  readonly source?: MessageSource
}

const none = () => Promise.reject(new Error('not part of this test'))

/** The parts of the group service on a real view and a log of the test, wired as in the service. */
export function groupParts(history: GroupHistory, projection: Pick<Projection, 'view'>, substitutes: Substitutes = {}) {
  const { files = { require: none }, source = { read: none } } = substitutes
  const groups = new SqliteGroupReader(projection)
  const messages = new SqliteMessageStore(projection)
  const access = new Access(history, groups)
  const lane = new MessageLane(history, messages)
  const retries = new Retries(messages, new MessageRevisions(history, new SqliteRevisionReader(projection)))
  const polls = new SqlitePollStore(projection)
  const about = new ChangesAbout(history, access, messages, lane)
  const changes = new MessageChanges(about, access, groups, messages, polls, lane)
  const contents = new MessageContents(files, source)
  const streams = [history.stream('any group: these logs have one partition')]
  return {
    groups,
    messages,
    access,
    lane,
    changes,
    polls: new Polls(about, access, groups, messages, polls),
    groupLane: new GroupLane(history, new SqliteGroupStore(projection), groups),
    posting: new Posting(access, groups, messages, lane, contents, retries),
    webhookPosting: new WebhookPosting(history, groups, lane, retries, streams),
    queries: new MessageQueries(access, groups, new SqliteMessageReader(projection)),
    markers: new SqliteReadMarkerStore(projection),
    reader: new SqliteMessageReader(projection),
    threads: new SqliteThreadStore(projection),
    eraser: (close: Pick<GroupCommands, 'close'>, sweeper: Pick<FileSweeper, 'deleteDue'>) =>
      new Eraser(history, new SqliteErasureStore(projection), changes, close, sweeper),
  }
}

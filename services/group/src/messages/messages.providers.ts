import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { NATS, provide, provideClass, TRANSPORT, Views } from '@beseda/platform'
import { Files } from '../files/application/files.js'
import { Access } from '../groups/application/access.js'
import { GroupReader } from '../groups/application/ports.js'
import { RemoteMessages } from './adapters/remote-messages.js'
import { SqliteMessageReader } from './adapters/views/message-reader.js'
import { SqliteMessageStore } from './adapters/views/message-store.js'
import { SqlitePollStore } from './adapters/views/poll-store.js'
import { SqliteReadMarkerStore } from './adapters/views/read-marker-store.js'
import { SqliteRevisionReader } from './adapters/views/revision-reader.js'
import { SqliteThreadStore } from './adapters/views/thread-store.js'
import { ChangesAbout } from './application/changes-about.js'
import { FollowedThreads } from './application/followed-threads.js'
import { HiddenMessages } from './application/hidden-messages.js'
import { MessageChanges } from './application/message-changes.js'
import { MessageContents } from './application/message-contents.js'
import { MessageLane } from './application/message-lane.js'
import { MessageQueries } from './application/message-queries.js'
import { MessageRevisions } from './application/message-revisions.js'
import { Polls } from './application/polls.js'
import {
  MessageReader,
  MessageSource,
  MessageStore,
  PollStore,
  Publisher,
  ReadMarkerStore,
  RevisionReader,
  ThreadStore,
} from './application/ports.js'
import { Posting } from './application/posting.js'
import { ReadMarkers } from './application/read-markers.js'
import { Retries } from './application/retries.js'
import { WebhookPosting } from './application/webhook-posting.js'

export const messageProviders = [
  provide(MessageStore, [Projection], (projection) => new SqliteMessageStore(projection)),
  provide(PollStore, [Projection], (projection) => new SqlitePollStore(projection)),
  provide(MessageReader, [Projection], (projection) => new SqliteMessageReader(projection)),
  provide(ReadMarkerStore, [Projection], (projection) => new SqliteReadMarkerStore(projection)),
  provide(ThreadStore, [Projection], (projection) => new SqliteThreadStore(projection)),
  provide(RevisionReader, [Projection], (projection) => new SqliteRevisionReader(projection)),
  provide(MessageSource, [TRANSPORT], (rpc) => new RemoteMessages(rpc)),
  provide(Publisher, [NATS], (nats) => nats),
  provideClass(MessageLane, [GroupHistory, MessageStore]),
  provideClass(MessageRevisions, [GroupHistory, RevisionReader]),
  provideClass(Retries, [MessageStore, MessageRevisions]),
  provideClass(MessageContents, [Files, MessageSource]),
  provideClass(Posting, [Access, GroupReader, MessageStore, MessageLane, MessageContents, Retries]),
  provide(
    WebhookPosting,
    [GroupHistory, GroupReader, MessageLane, Retries, Views],
    (history, groups, lane, retries, { historyStreams }) =>
      new WebhookPosting(history, groups, lane, retries, historyStreams),
  ),
  provideClass(ChangesAbout, [GroupHistory, Access, MessageStore, MessageLane]),
  provideClass(MessageChanges, [ChangesAbout, Access, GroupReader, MessageStore, PollStore, MessageLane]),
  provideClass(Polls, [ChangesAbout, Access, GroupReader, MessageStore, PollStore]),
  provideClass(HiddenMessages, [GroupHistory, Access, MessageStore, ReadMarkerStore, Publisher]),
  provideClass(MessageQueries, [Access, GroupReader, MessageReader]),
  provideClass(ReadMarkers, [GroupHistory, Access, GroupReader, MessageStore, ReadMarkerStore, Publisher]),
  provideClass(FollowedThreads, [
    GroupHistory,
    Access,
    GroupReader,
    MessageReader,
    ReadMarkerStore,
    ThreadStore,
    Publisher,
  ]),
]

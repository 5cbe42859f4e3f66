import type * as pb from '@beseda/proto/group/v1/group_service'
import { type Timestamp, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import type { ThreadsPage, ThreadsRequest } from '../../application/followed-threads.js'
import type { Found, Page, PageRequest } from '../../application/message-queries.js'
import type { Standing } from '../../application/polls.js'
import type { MessagePlace, Search } from '../../application/ports.js'

/** Messages of a page when the request names no limit. */
const DEFAULT_PAGE = 50
const DEFAULT_FOUND = 25

export const pageRequestFrom = (request: pb.ListMessagesRequest): PageRequest => ({
  groupId: request.groupId,
  threadId: request.threadId,
  aroundMessageId: request.aroundMessageId,
  atTime: request.atTime && timestampMs(request.atTime),
  beforeSeq: Number(request.beforeSeq),
  afterSeq: Number(request.afterSeq),
  minSeq: Number(request.minSeq),
  limit: request.limit || DEFAULT_PAGE,
})

/** Clients show what they have posted as they have it. `message`, of earlier releases, names it and its place only. */
export const toPosted = ({ id, groupId, authorId, seq, index }: MessagePlace) => {
  const at = { seq: BigInt(seq), index }
  return { ...at, message: { id, groupId, authorId, ...at } }
}

/** `has_more`, of earlier releases, is about the side that was asked for. */
export const toPage = ({ messages, hasOlder, hasNewer, messagesSeq }: Page, { afterSeq }: PageRequest) => ({
  messages: [...messages],
  hasOlder,
  hasNewer,
  hasMore: afterSeq > 0 ? hasNewer : hasOlder,
  messagesSeq: BigInt(messagesSeq),
})

export const toStanding = ({ tally, voters, mine, endedAt, messagesSeq }: Standing) => ({
  ...{ tally: [...tally], voters, mine: [...mine], messagesSeq: BigInt(messagesSeq) },
  ...(endedAt > 0 ? { endedAt: timestampFromMs(endedAt) } : {}),
})

export const searchFrom = (request: pb.SearchMessagesRequest): Search => ({
  query: request.query,
  authorId: request.authorId,
  has: request.has,
  mentionsMe: request.mentionsMe,
  pinned: request.pinned,
  reacted: request.reacted,
  after: msOf(request.after),
  before: msOf(request.before),
  cursor: Number(request.cursor) || 0,
  limit: request.limit || DEFAULT_FOUND,
})

export const toFound = ({ messages, next }: Found) => ({ messages: [...messages], next: next > 0 ? String(next) : '' })

export const threadsRequestFrom = (request: pb.ListThreadsRequest): ThreadsRequest => ({
  groupId: request.groupId,
  minSeq: Number(request.minSeq),
  unread: request.unread,
  limit: request.limit || DEFAULT_FOUND,
  after: placeFrom(request.cursor),
})

export const toThreads = ({ threads, next }: ThreadsPage) => ({
  threads: [...threads],
  next: next ? `${next.lastAt}.${next.threadId}` : '',
})

function placeFrom(cursor: string): ThreadsRequest['after'] {
  const [, lastAt = '', threadId = ''] = /^(\d{1,15})\.(.+)$/.exec(cursor) ?? []
  return lastAt === '' ? undefined : { lastAt: Number(lastAt), threadId }
}

/** Unix ms; 0: not given. */
const msOf = (timestamp: Timestamp | undefined): number => (timestamp ? Math.max(0, timestampMs(timestamp)) : 0)

import type { LaneHeads } from '@beseda/client-protocol'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { handled } from '../diagnostics/log.js'
import type { ChatApi } from './chat-api.js'
import type { FetchPage, Page, PageRequest } from './history-page.js'
import { InFlightRequests } from './in-flight-requests.js'
import { msOf, pageMessages } from './model/convert.js'
import { broughtUpToDate, cutRun, findMessage, type LaneCommit, mergeMessages, withoutMessage } from './model/fold.js'
import type { ChatMessage, Conversation } from './model/model.js'
import { threadHistory } from './thread-history.js'

const PAGE = 50
/**
 * Limit of messages of one conversation in memory: some 2 MB. Fewer: scrolling back and forth fetches often; more: a phone that scrolls
 * through a year runs out of memory.
 */
const MOST = 4_000
/** A browser's timers are limited to 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** Target of a jump: a new run of messages is fetched around it. */
export type JumpTarget = { readonly messageId: string } | { readonly at: number }

/** Pages of conversations, fetched when they come into view. */
export function historyOf(
  { groups, membership }: Pick<ChatApi, 'groups' | 'membership'>,
  conversations: ReadonlyMap<string, Conversation>,
  update: Update,
  me: () => string,
) {
  const loading = new Map<string, Promise<void>>()
  const expiries = new Map<string, ReturnType<typeof setTimeout>>()
  /** Groups whose contents may be out of date: shown, and fetched again at the next load. */
  const outdated = new Set<string>()
  /** Outdated groups that have fetched a run by a jump since then: it is as new as what a load brings, and stays. */
  const jumped = new Set<string>()

  const inFlight = new InFlightRequests(conversations)
  const listMessages = (groupId: string, request: PageRequest, { messages }: LaneHeads) =>
    groups.listMessages({ groupId, limit: PAGE, minSeq: BigInt(messages), ...request })

  /** Fetches a page; `take` applies it. */
  const fetchPage: FetchPage = (groupId, request, take) =>
    inFlight.ask(
      groupId,
      (seqs) => listMessages(groupId, request, seqs),
      (answer, since) => {
        const { hasOlder, hasNewer } = answer
        const fetched = pageMessages(answer)
        const { threadId = '' } = request
        const asOf = Number(answer.messagesSeq)
        const run =
          threadId === ''
            ? { messages: fetched, hasNewer, asOf: { messages: asOf } }
            : { thread: { id: threadId, messages: fetched, hasNewer, asOf } }
        return take({
          hasOlder,
          hasNewer,
          asOf,
          messages: (conversation) => {
            const { messages, thread } = broughtUpToDate(conversation, run, since, me())
            return (threadId === '' ? messages : thread?.messages) ?? []
          },
        })
      },
    )

  /** One fetch of a kind and group at a time. */
  function once(key: string, work: () => Promise<void>): Promise<void> {
    const running = loading.get(key)
    if (running !== undefined) return running
    const started = work().finally(() => loading.delete(key))
    loading.set(key, started)
    return started
  }

  /** Members and the newest messages, once. */
  const load = (groupId: string): Promise<void> => once(groupId, () => fetchContents(groupId))

  async function fetchContents(groupId: string): Promise<void> {
    const before = conversations.get(groupId)
    if (!before || (before.members && before.messages && !outdated.has(groupId))) return
    await inFlight.ask(
      groupId,
      (seqs) =>
        Promise.all([
          listMessages(groupId, {}, seqs),
          membership.listMembers({ groupId, minSeq: BigInt(seqs.roster) }),
        ]),
      ([page, { members: roster, asOfSeq }], since) => {
        outdated.delete(groupId)
        const messagesAsOf = Number(page.messagesSeq)
        const fetched = {
          asOf: { members: Number(asOfSeq), messages: messagesAsOf },
          messages: pageMessages(page),
          hasNewer: false,
          members: new Map(roster.map(({ userId, role }) => [userId, role])),
          mutes: new Map(roster.map(({ userId, mutedUntil }) => [userId, msOf(mutedUntil)])),
        }
        update(groupId, (conversation) => {
          const { messages = [], members, mutes } = broughtUpToDate(conversation, fetched, since, me())
          const run = { messages, hasOlder: page.hasOlder, hasNewer: false }
          const keepsRun = conversation.hasNewer && jumped.has(groupId)
          const asOf = { ...conversation.asOf, members: Number(asOfSeq) }
          return {
            ...conversation,
            asOf: keepsRun ? asOf : { ...asOf, messages: messagesAsOf },
            members,
            mutes,
            memberCount: members?.size ?? 0,
            ...(keepsRun ? {} : run),
            lastMessage: messages.findLast(({ deleted }) => !deleted),
          }
        })
      },
    )
    expire(groupId)
  }

  /** Fetches the shown messages again, from the newest. */
  async function reload(groupId: string): Promise<void> {
    const { messages, thread } = conversations.get(groupId) ?? {}
    if (messages) {
      update(groupId, (conversation) => ({ ...conversation, hasNewer: true, lastMessage: undefined }))
      await toNewest(groupId)
    }
    if (thread) await threads.openThread(groupId, thread.id)
  }

  /** The contents of the group, and the requests in flight, may be out of date. */
  function outdate(groupId: string): void {
    inFlight.missed(groupId)
    outdated.add(groupId)
    jumped.delete(groupId)
  }

  async function loadOlder(groupId: string): Promise<void> {
    const { messages: [first] = [], hasOlder } = conversations.get(groupId) ?? {}
    if (!first || !hasOlder) return
    await once(`older ${groupId}`, () =>
      fetchPage(groupId, { beforeSeq: BigInt(first.seq) }, (page) =>
        merge(groupId, 'older', page, { hasOlder: page.hasOlder }),
      ),
    ).catch(handled('history.page'))
  }

  async function loadNewer(groupId: string): Promise<void> {
    const { messages, hasNewer } = conversations.get(groupId) ?? {}
    const last = messages?.at(-1)
    if (!last || !hasNewer) return
    await once(`newer ${groupId}`, () =>
      fetchPage(groupId, { afterSeq: BigInt(last.seq) }, (page) =>
        merge(groupId, 'newer', page, { hasNewer: page.hasNewer, ...runAsOf(groupId, page) }),
      ),
    ).catch(handled('history.page'))
  }

  const runAsOf = (groupId: string, { asOf: messages }: Page): Partial<Conversation> => {
    const asOf = conversations.get(groupId)?.asOf
    return asOf ? { asOf: { ...asOf, messages } } : {}
  }

  function merge(groupId: string, grown: 'older' | 'newer', page: Page, edges: Partial<Conversation>): void {
    update(groupId, (conversation) =>
      conversation.messages
        ? {
            ...conversation,
            ...edges,
            ...cutRun(mergeMessages(page.messages(conversation), conversation.messages), grown, MOST),
          }
        : conversation,
    )
    expire(groupId)
  }

  /** Shows the run of messages around a position. Returns the id of the message there, if any. */
  function jumpTo(groupId: string, place: JumpTarget): Promise<string | undefined> {
    const where = 'messageId' in place ? { aroundMessageId: place.messageId } : { atTime: timestampFromMs(place.at) }
    return fetchPage(groupId, where, (page) => {
      const { hasOlder, hasNewer } = page
      const run = { hasOlder, hasNewer, ...runAsOf(groupId, page) }
      update(groupId, (present) => ({ ...present, messages: page.messages(present), ...run }))
      jumped.add(groupId)
      expire(groupId)
      if ('messageId' in place) return place.messageId
      return conversations.get(groupId)?.messages?.find(({ sentAt }) => sentAt >= place.at)?.id
    })
  }

  /** Shows the run that begins with the first unread message. */
  async function jumpToUnread(groupId: string): Promise<void> {
    const { read } = conversations.get(groupId) ?? {}
    if (!read) return
    // The commit of the read marker may have more messages that are unread.
    await fetchPage(groupId, { afterSeq: BigInt(Math.max(0, read.seq - 1)) }, (page) => {
      const { hasNewer } = page
      const hasOlder = read.seq > 0
      const run = { hasOlder, hasNewer, ...runAsOf(groupId, page) }
      update(groupId, (present) => ({ ...present, messages: page.messages(present), ...run }))
      jumped.add(groupId)
    })
  }

  /** Returns to the newest run after a jump. */
  async function toNewest(groupId: string): Promise<void> {
    if (!conversations.get(groupId)?.hasNewer) return
    jumped.delete(groupId)
    await fetchPage(groupId, {}, (page) =>
      update(groupId, (present) => {
        const messages = page.messages(present)
        const lastMessage = messages.findLast(({ deleted }) => !deleted)
        const run = { hasOlder: page.hasOlder, hasNewer: false, ...runAsOf(groupId, page) }
        return { ...present, messages, ...run, lastMessage }
      }),
    )
    expire(groupId)
  }

  /** The thread of a message; empty: the main line. Errors: MESSAGE_NOT_FOUND. */
  async function threadOf(groupId: string, messageId: string): Promise<string> {
    const conversation = conversations.get(groupId)
    const known = conversation && findMessage(conversation, messageId)
    const message = known ?? (await groups.getMessage({ groupId, messageId })).message
    return message?.threadId ?? ''
  }

  /** Removes messages that have expired, and sets a timer for the next. */
  function expire(groupId: string): void {
    clearTimeout(expiries.get(groupId))
    const { messages = [], thread, lastMessage } = conversations.get(groupId) ?? {}
    const known = [...messages, ...(thread?.messages ?? []), ...(lastMessage ? [lastMessage] : [])]
    const vanishing = known.filter(({ expiresAt, deleted }) => expiresAt > 0 && !deleted)
    const isOver = ({ expiresAt }: ChatMessage) => expiresAt <= Date.now()
    for (const { id } of vanishing.filter(isOver)) {
      update(groupId, (conversation) => withoutMessage(conversation, id, me()))
    }
    const next = Math.min(...vanishing.filter((message) => !isOver(message)).map(({ expiresAt }) => expiresAt))
    if (!Number.isFinite(next)) return
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(100, next - Date.now()))
    expiries.set(
      groupId,
      setTimeout(() => expire(groupId), wait),
    )
  }

  const threads = threadHistory({ conversations, update, fetchPage, once, expire })

  return {
    load,
    overtaken: (groupId: string) => inFlight.missed(groupId),
    heard: (groupId: string, commit: LaneCommit) => inFlight.heard(groupId, commit),
    outdate,
    reload,
    loadOlder,
    loadNewer,
    jumpTo,
    jumpToUnread,
    toNewest,
    threadOf,
    ...threads,
    expire,
  }
}

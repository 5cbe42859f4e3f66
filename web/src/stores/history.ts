import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { groups as groupService, membership } from '../net/index.js'
import { chatMessage, msOf } from '../sync/convert.js'
import { mergeMessages, withoutMessage } from '../sync/fold.js'
import type { ChatMessage, Conversation } from '../sync/model.js'

const PAGE = 50
/** A browser's timers end after 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** Where a run of messages is to begin anew. */
export type Place = { readonly messageId: string } | { readonly at: number }

/** Pages of conversations, fetched when they come into view. */
export function historyOf(conversations: ReadonlyMap<string, Conversation>, update: Update, me: () => string) {
  const loading = new Map<string, Promise<void>>()
  const expiries = new Map<string, ReturnType<typeof setTimeout>>()
  /** Groups whose contents are of an earlier time: shown, and fetched anew at the first chance. */
  const outdated = new Set<string>()

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
    const [{ members }, page] = await Promise.all([
      membership.listMembers({ groupId, minSeq: BigInt(before.seqs.roster) }),
      groupService.listMessages({ groupId, limit: PAGE, minSeq: BigInt(before.seqs.messages) }),
    ])
    outdated.delete(groupId)
    update(groupId, (conversation) => {
      const messages = mergeMessages(page.messages.map(chatMessage), arrivedSince(before, conversation))
      return {
        ...conversation,
        members: new Map(members.map(({ userId, role }) => [userId, role])),
        mutes: new Map(members.map(({ userId, mutedUntil }) => [userId, msOf(mutedUntil)])),
        memberCount: members.length,
        messages,
        hasOlder: page.hasOlder,
        hasNewer: false,
        lastMessage: messages.findLast(({ deleted }) => !deleted),
      }
    })
    expire(groupId)
  }

  /** Fetches again what is shown, from the newest on. */
  async function reload(groupId: string): Promise<void> {
    const { messages, thread } = conversations.get(groupId) ?? {}
    if (messages) {
      update(groupId, (conversation) => ({ ...conversation, hasNewer: true, lastMessage: undefined }))
      await toNewest(groupId)
    }
    if (thread) await openThread(groupId, thread.id)
  }

  /** What is shown of the group may not be true any more. */
  const outdate = (groupId: string): void => void outdated.add(groupId)

  async function loadOlder(groupId: string): Promise<void> {
    const { messages: [first] = [], hasOlder } = conversations.get(groupId) ?? {}
    if (!first || !hasOlder) return
    await once(`older ${groupId}`, async () => {
      const page = await groupService.listMessages({ groupId, beforeSeq: BigInt(first.seq), limit: PAGE })
      merge(groupId, page.messages.map(chatMessage), { hasOlder: page.hasOlder })
    }).catch(() => undefined)
  }

  async function loadNewer(groupId: string): Promise<void> {
    const { messages, hasNewer } = conversations.get(groupId) ?? {}
    const last = messages?.at(-1)
    if (!last || !hasNewer) return
    await once(`newer ${groupId}`, async () => {
      const page = await groupService.listMessages({ groupId, afterSeq: BigInt(last.seq), limit: PAGE })
      merge(groupId, page.messages.map(chatMessage), { hasNewer: page.hasNewer })
    }).catch(() => undefined)
  }

  function merge(groupId: string, page: readonly ChatMessage[], edges: Partial<Conversation>): void {
    update(groupId, (conversation) =>
      conversation.messages
        ? { ...conversation, ...edges, messages: mergeMessages(page, conversation.messages) }
        : conversation,
    )
    expire(groupId)
  }

  /** Shows the run of messages around a place. The id of the message that is there, if any. */
  async function jumpTo(groupId: string, place: Place): Promise<string | undefined> {
    const where = 'messageId' in place ? { aroundMessageId: place.messageId } : { atTime: timestampFromMs(place.at) }
    const page = await groupService.listMessages({ groupId, limit: PAGE, ...where })
    const messages = page.messages.map(chatMessage)
    const { hasOlder, hasNewer } = page
    update(groupId, (conversation) => ({ ...conversation, messages, hasOlder, hasNewer }))
    expire(groupId)
    return 'messageId' in place ? place.messageId : messages.find(({ sentAt }) => sentAt >= place.at)?.id
  }

  /** Shows the run that begins with what has not been read. */
  async function jumpToUnread(groupId: string): Promise<void> {
    const { read } = conversations.get(groupId) ?? {}
    if (!read) return
    // The commit up to which was read may have more that was not.
    const afterSeq = BigInt(Math.max(0, read.seq - 1))
    const page = await groupService.listMessages({ groupId, limit: PAGE, afterSeq })
    const messages = page.messages.map(chatMessage)
    const { hasNewer } = page
    update(groupId, (conversation) => ({ ...conversation, messages, hasOlder: read.seq > 0, hasNewer }))
  }

  /** Back to the newest run after a jump. */
  async function toNewest(groupId: string): Promise<void> {
    if (!conversations.get(groupId)?.hasNewer) return
    const page = await groupService.listMessages({ groupId, limit: PAGE })
    const messages = page.messages.map(chatMessage)
    const lastMessage = messages.findLast(({ deleted }) => !deleted)
    update(groupId, (present) => ({ ...present, messages, hasOlder: page.hasOlder, hasNewer: false, lastMessage }))
    expire(groupId)
  }

  async function openThread(groupId: string, id: string): Promise<void> {
    update(groupId, (conversation) => ({ ...conversation, thread: { id, messages: [] } }))
    const page = await groupService.listMessages({ groupId, threadId: id, limit: 200 })
    const fetched = page.messages.map(chatMessage)
    update(groupId, (conversation) =>
      conversation.thread?.id === id
        ? { ...conversation, thread: { id, messages: mergeMessages(fetched, conversation.thread.messages) } }
        : conversation,
    )
    expire(groupId)
  }

  const closeThread = (groupId: string): void =>
    update(groupId, (conversation) => ({ ...conversation, thread: undefined }))

  /** Takes away what has disappeared by now, and comes back for what will. */
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

  return {
    load,
    outdate,
    reload,
    loadOlder,
    loadNewer,
    jumpTo,
    jumpToUnread,
    toNewest,
    openThread,
    closeThread,
    expire,
  }
}

/** Messages that came while a page was under way, which the page may not have. */
function arrivedSince(before: Conversation, { messages = [], lastMessage }: Conversation): readonly ChatMessage[] {
  const isNew = ({ seq }: ChatMessage) => seq > before.seqs.messages
  return [...messages, ...(lastMessage && lastMessage.threadId === '' ? [lastMessage] : [])].filter(isNew)
}

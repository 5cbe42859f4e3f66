import { contiguityOf } from '@beseda/client-protocol'
import { backoffMs } from '@beseda/kernel'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import type { MyGroup } from '@beseda/proto/membership/v1/membership_service'
import { handled } from '../diagnostics/log.js'
import type { ChatApi } from './chat-api.js'
import { conversationOf } from './model/convert.js'
import { withReadState } from './model/counters.js'
import { applyCommit, type LaneCommit } from './model/fold.js'
import type { Conversation } from './model/model.js'

const LEAST_RETRY_MS = 200

/** A group that is being fetched. */
interface Pending {
  readonly head: Cursor
  /** Commits received since the head was announced. */
  readonly since: LaneCommit[]
  /** Ids of messages deleted for this person since. */
  readonly hidden: readonly string[]
  /** Read markers of which this device was told since. A replica that answers may not have heard of them yet. */
  readonly states: ReadState[]
}

/** The position that the membership service must have read for its answer to include this head. */
const position = ({ groupSeq, rosterSeq }: Cursor): bigint => (groupSeq > rosterSeq ? groupSeq : rosterSeq)

/** All pages. */
async function myGroups(
  membership: ChatApi['membership'],
  request: { minSeqGroupId: string; minSeq: bigint },
): Promise<MyGroup[]> {
  const found: MyGroup[] = []
  for (let afterGroupId = '', more = true; more; ) {
    const { groups, hasMore } = await membership.listMyGroups({ ...request, afterGroupId })
    found.push(...groups)
    for (const { groupId } of groups) if (groupId > afterGroupId) afterGroupId = groupId
    more = hasMore
  }
  return found
}

/** Groups of which only the head is known: fetched in batches. `resume`: requests their heads from the gateway again. */
export function summariesOf(
  { groups: groupService, membership }: ChatApi,
  resume: () => void,
  me: () => string,
  silent: () => ReadonlySet<string>,
  arrived: (conversation: Conversation) => void,
  done: () => Promise<void>,
) {
  /** Groups whose head is known before their first fetch. */
  const pending = new Map<string, Pending>()
  let gathering = false
  /** Consecutive failures. Without a delay, a server that refuses would be asked all the time. */
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  function fetch(head: Cursor): void {
    // What the person deleted or read while the last head was being fetched holds for this one, too.
    const { hidden = [], states = [] } = pending.get(head.groupId) ?? {}
    pending.set(head.groupId, { head, since: [], hidden, states })
    ask(head)
  }

  function ask(head: Cursor): void {
    if (gathering) return
    gathering = true
    queueMicrotask(() => {
      gathering = false
      void fetchAll(head)
    })
  }

  /** Keeps a commit of a group that is being fetched, to apply it to the response. Returns whether the group is being fetched. */
  function heard(groupId: string, commit: LaneCommit): boolean {
    const group = pending.get(groupId)
    group?.since.push(commit)
    return group !== undefined
  }

  /** A message of a group that is being fetched was deleted for this person: the group is requested again. */
  function hid(groupId: string, messageId: string): void {
    const group = pending.get(groupId)
    if (!group) return
    pending.set(groupId, { ...group, hidden: [...group.hidden, messageId] })
    ask(group.head)
  }

  /** A response or an event has told how far a group that is being fetched is read. */
  function read(state: ReadState): void {
    pending.get(state.groupId)?.states.push(state)
  }

  /** The response with the commits received since. At a hole the gateway is asked to send the rest again. */
  function broughtForward(fetched: Conversation, { since, states, hidden: hiddenAhead }: Pending): Conversation {
    let conversation: Conversation = { ...fetched, hiddenAhead, silent: silent() }
    for (const commit of since) {
      const contiguity = contiguityOf(conversation.seqs, commit)
      if (contiguity === 'next') conversation = applyCommit(conversation, commit, me())
      if (contiguity !== 'hole') continue
      resume()
      break
    }
    return states.reduce(withReadState, conversation)
  }

  async function fetchAll(head: Cursor): Promise<void> {
    const asked = new Map(pending)
    const newest = [...asked.values()]
      .map((one) => one.head)
      .reduce((a, b) => (position(a) > position(b) ? a : b), head)
    const request = { minSeqGroupId: newest.groupId, minSeq: position(newest) }
    const answers = await Promise.all([myGroups(membership, request), groupService.listReadStates({})]).catch(
      handled('summaries'),
    )
    if (!answers) {
      clearTimeout(retry)
      retry = setTimeout(() => pending.size > 0 && resume(), LEAST_RETRY_MS + backoffMs(failures++, Math.random()))
      return
    }
    failures = 0
    const [groups, { states }] = answers
    const stateOf = new Map(states.map((state): [string, ReadState] => [state.groupId, state]))
    let behind: Cursor | undefined
    for (const group of groups) {
      const present = asked.get(group.groupId)
      // The answer counts if the head has not moved since the request was sent.
      if (!present || pending.get(group.groupId) !== present) continue
      // `minSeq` covers one group only. Older servers do not state how far they have read.
      if (group.asOfSeq > 0n && group.asOfSeq < position(present.head)) {
        behind = present.head
        continue
      }
      pending.delete(group.groupId)
      const fetched = conversationOf(group, present.head, stateOf.get(group.groupId), me())
      arrived(broughtForward(fetched, present))
    }
    if (behind) {
      const head = behind
      clearTimeout(retry)
      retry = setTimeout(() => pending.has(head.groupId) && ask(head), LEAST_RETRY_MS)
    }
    await done()
  }

  function clear(): void {
    clearTimeout(retry)
    pending.clear()
  }

  return { fetch, heard, hid, read, forget: (groupId: string) => pending.delete(groupId), clear }
}

import { backoffMs } from '@beseda/kernel'
import type { LaneName } from '@beseda/proto'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import type { MyGroup } from '@beseda/proto/membership/v1/membership_service'
import { handled } from '../diagnostics/log.js'
import type { ChatApi } from './chat-api.js'
import { conversationOf } from './model/convert.js'
import type { Conversation } from './model/model.js'

const LEAST_RETRY_MS = 200

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
  arrived: (conversation: Conversation) => void,
  done: () => Promise<void>,
) {
  /** Groups whose head is known before their first fetch. */
  const heads = new Map<string, Cursor>()
  let gathering = false
  /** Consecutive failures. Without a delay, a server that refuses would be asked all the time. */
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  function fetch(head: Cursor): void {
    heads.set(head.groupId, head)
    if (gathering) return
    gathering = true
    queueMicrotask(() => {
      gathering = false
      void fetchAll(head)
    })
  }

  /** Commits received while a group is being fetched are in the answer, or the group is fetched again. */
  function advance(groupId: string, lane: LaneName, seq: bigint): void {
    const head = heads.get(groupId)
    if (head) fetch({ ...head, [`${lane}Seq`]: seq })
  }

  async function fetchAll(head: Cursor): Promise<void> {
    const asked = new Map(heads)
    const newest = [...asked.values()].reduce((a, b) => (position(a) > position(b) ? a : b), head)
    const request = { minSeqGroupId: newest.groupId, minSeq: position(newest) }
    const answers = await Promise.all([myGroups(membership, request), groupService.listReadStates({})]).catch(
      handled('summaries'),
    )
    if (!answers) {
      clearTimeout(retry)
      retry = setTimeout(() => heads.size > 0 && resume(), LEAST_RETRY_MS + backoffMs(failures++, Math.random()))
      return
    }
    failures = 0
    const [groups, { states }] = answers
    const stateOf = new Map(states.map((state): [string, ReadState] => [state.groupId, state]))
    for (const group of groups) {
      const present = asked.get(group.groupId)
      // The answer counts if the head has not moved since the request was sent.
      if (!present || heads.get(group.groupId) !== present) continue
      heads.delete(group.groupId)
      arrived(conversationOf(group, present, stateOf.get(group.groupId), me()))
    }
    await done()
  }

  function clear(): void {
    clearTimeout(retry)
    heads.clear()
  }

  return { fetch, advance, forget: (groupId: string) => heads.delete(groupId), clear }
}

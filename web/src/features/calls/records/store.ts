import { Lane } from '@beseda/proto/log/v1/commit'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { connection, history } from '../../../net/index.js'
import { InFlightRequests } from '../../../sync/in-flight-requests.js'
import { afterCommit, type CallEntry, entryOf, merged } from './call-entries.js'

const PAGE = 50

interface Known {
  readonly entries: readonly CallEntry[]
  readonly hasMore: boolean
}

/** The calls of the conversations that were opened. */
export const useCallRecords = defineStore('call-records', () => {
  const known = shallowReactive(new Map<string, Known>())
  const loading = new Map<string, Promise<void>>()
  const inFlight = new InFlightRequests(new Map())

  connection.on('commit', (frame) => {
    const { groupId, lane, seq, prevSeq } = frame
    if (lane !== Lane.CALLS) return
    const change = { lane: 'calls' as const, seq: Number(seq), prevSeq: Number(prevSeq), commit: decodedCommit(frame) }
    inFlight.heard(groupId, change)
    const before = known.get(groupId)
    if (before) known.set(groupId, { ...before, entries: afterCommit(before.entries, change) })
  })
  // Events in between were missed: the newest page is fetched again.
  connection.on('snapshotRequired', ({ head }) => {
    if (head) inFlight.missed(head.groupId)
    if (head && known.has(head.groupId)) void fetchPage(head.groupId, 0)
  })
  connection.on('groupLeft', ({ groupId }) => void known.delete(groupId))

  async function fetchPage(groupId: string, beforeSeq: number): Promise<void> {
    await inFlight
      .ask(
        groupId,
        () => history.listCalls({ groupId, limit: PAGE, beforeSeq: BigInt(beforeSeq) }),
        (page, since) => {
          // Commits received while the page was in flight are applied to it.
          const entries = since.reduce(afterCommit, page.calls.map(entryOf))
          known.set(groupId, { entries: merged(entries, known.get(groupId)?.entries ?? []), hasMore: page.hasMore })
        },
      )
      .catch(handled('call-records'))
  }

  /** Makes sure that all calls since this sequence are loaded. */
  function reach(groupId: string, fromSeq: number): Promise<void> {
    // One after another: the running fetch may not go back far enough.
    const work = (loading.get(groupId) ?? Promise.resolve()).then(() => reachNow(groupId, fromSeq))
    loading.set(groupId, work)
    return work.finally(() => loading.get(groupId) === work && loading.delete(groupId))
  }

  async function reachNow(groupId: string, fromSeq: number): Promise<void> {
    if (!known.has(groupId)) await fetchPage(groupId, 0)
    for (let present = known.get(groupId); present?.hasMore; present = known.get(groupId)) {
      const oldest = present.entries[0]?.seq ?? 0
      if (oldest <= fromSeq) return
      await fetchPage(groupId, oldest)
      if (known.get(groupId)?.entries[0]?.seq === oldest) return
    }
  }

  return { of: (groupId: string) => known.get(groupId)?.entries ?? [], reach }
})

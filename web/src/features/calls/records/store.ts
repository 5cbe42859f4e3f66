import { Lane } from '@beseda/proto/log/v1/commit'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { connection, history } from '../../../net/index.js'
import { msOf } from '../../../sync/model/convert.js'
import { afterEvent, type CallEntry, entryOf, merged } from './call-entries.js'

const PAGE = 50

interface Known {
  readonly entries: readonly CallEntry[]
  readonly hasMore: boolean
}

/** The calls of the conversations that were opened. */
export const useCallRecords = defineStore('call-records', () => {
  const known = shallowReactive(new Map<string, Known>())
  const loading = new Map<string, Promise<void>>()

  connection.on('commit', (frame) => {
    const { groupId, lane, seq } = frame
    const before = known.get(groupId)
    if (lane !== Lane.CALLS || !before) return
    const commit = decodedCommit(frame)
    const at = msOf(commit.time)
    const entries = commit.events.reduce((all, event) => afterEvent(all, event, at, Number(seq)), before.entries)
    known.set(groupId, { ...before, entries })
  })
  // Events in between were missed: the newest page is fetched again.
  connection.on('snapshotRequired', ({ head }) => {
    if (head && known.has(head.groupId)) void fetchPage(head.groupId, 0)
  })
  connection.on('groupLeft', ({ groupId }) => void known.delete(groupId))

  async function fetchPage(groupId: string, beforeSeq: number): Promise<void> {
    const page = await history
      .listCalls({ groupId, limit: PAGE, beforeSeq: BigInt(beforeSeq) })
      .catch(handled('call-records'))
    if (!page) return
    const entries = merged(page.calls.map(entryOf), known.get(groupId)?.entries ?? [])
    known.set(groupId, { entries, hasMore: page.hasMore })
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

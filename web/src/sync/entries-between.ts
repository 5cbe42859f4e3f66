import { laneNameOf } from '@beseda/client-protocol'
import { shallowReactive } from 'vue'
import { handled } from '../diagnostics/log.js'
import type { Connection } from '../net/connection.js'
import { decodedCommit } from '../net/decoded-commit.js'
import { InFlightRequests } from './in-flight-requests.js'
import type { LaneCommit } from './model/fold.js'

export interface EntriesPage<E> {
  /** Oldest first. */
  readonly entries: readonly E[]
  /** There are older ones. */
  readonly hasMore: boolean
}

export interface EntriesParts<E> {
  readonly connection: Pick<Connection, 'on'>
  /** Area of its errors in the log of the client. */
  readonly area: string
  /** The page before a sequence; 0: the newest. */
  readonly list: (groupId: string, beforeSeq: number) => Promise<EntriesPage<E>>
  /** The entries after a commit of any lane. Law: folding commits onto a fetched page equals a fresh fetch. */
  readonly after: (entries: readonly E[], change: LaneCommit) => readonly E[]
  /** Joins a page with what is known: in order, each entry once. */
  readonly merged: (page: readonly E[], known: readonly E[]) => readonly E[]
}

/** What a conversation shows between its messages: fetched from the newest backwards, and kept up to date by commits. */
export function entriesBetween<E extends { readonly seq: number }>(parts: EntriesParts<E>) {
  const { connection, area, list, after, merged } = parts
  const known = shallowReactive(new Map<string, EntriesPage<E>>())
  const stale = shallowReactive(new Map<string, readonly E[]>())
  const loading = new Map<string, Promise<void>>()
  const inFlight = new InFlightRequests(new Map())

  connection.on('commit', (frame) => {
    const { groupId, seq, prevSeq } = frame
    const lane = laneNameOf(frame.lane)
    if (!lane) return
    const change = { lane, seq: Number(seq), prevSeq: Number(prevSeq), commit: decodedCommit(frame) }
    inFlight.heard(groupId, change)
    const before = known.get(groupId)
    if (!before) return
    const entries = after(before.entries, change)
    if (entries !== before.entries) known.set(groupId, { ...before, entries })
  })
  connection.on('snapshotRequired', ({ head }) => {
    if (!head) return
    inFlight.missed(head.groupId)
    if (known.has(head.groupId) || stale.has(head.groupId)) void catchUp(head.groupId)
  })
  connection.on('groupLeft', ({ groupId }) => {
    known.delete(groupId)
    stale.delete(groupId)
  })

  /** Commits were missed: what was known is shown until all of it has been fetched anew. */
  async function catchUp(groupId: string): Promise<void> {
    const before = stale.get(groupId) ?? known.get(groupId)?.entries ?? []
    stale.set(groupId, before)
    known.delete(groupId)
    await reach(groupId, before[0]?.seq ?? 0)
    if (known.has(groupId)) stale.delete(groupId)
  }

  async function fetchPage(groupId: string, beforeSeq: number): Promise<void> {
    await inFlight
      .ask(
        groupId,
        () => list(groupId, beforeSeq),
        (page, since) => {
          // Commits were missed meanwhile: the list begins anew.
          if (beforeSeq > 0 && !known.has(groupId)) return
          // Commits received while the page was in flight are applied to it.
          const entries = since.reduce(after, page.entries)
          const present = known.get(groupId)?.entries ?? []
          known.set(groupId, { entries: merged(entries, present), hasMore: page.hasMore })
        },
      )
      .catch(handled(area))
  }

  /** Makes sure that all entries since this sequence are loaded. */
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

  return {
    of: (groupId: string): readonly E[] => stale.get(groupId) ?? known.get(groupId)?.entries ?? [],
    /** The newest have been fetched. */
    has: (groupId: string): boolean => stale.has(groupId) || known.has(groupId),
    reach,
  }
}

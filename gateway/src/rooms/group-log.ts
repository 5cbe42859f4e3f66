import { SharedRead } from '@beseda/async'
import { advance, type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import type { EventStore } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject, type LaneName, parseHistorySubject } from '@beseda/proto'
import { type GroupCommit, storedCommit } from './group-commit.js'

const PAGE = 500

/** The log of groups as the gateway reads it: heads, and commits of one lane or of all lanes. */
export class GroupLog {
  readonly #epochs = new Map<string, Promise<string>>()
  readonly #headsNow = new SharedRead((groupIds: readonly string[]) => this.heads(groupIds))

  constructor(
    private readonly store: EventStore,
    private readonly partitionCount: number,
  ) {}

  partition(groupId: string): number {
    return partitionOf(groupId, this.partitionCount)
  }

  epoch(groupId: string): Promise<string> {
    const stream = this.#stream(groupId)
    let epoch = this.#epochs.get(stream)
    if (!epoch) {
      epoch = this.store.info(stream).then((info) => info.epoch)
      this.#epochs.set(stream, epoch)
      // The caller gets the error; the next one asks again.
      epoch.catch(() => this.#epochs.delete(stream))
    }
    return epoch
  }

  /** To be called when streams may have been replaced. */
  forgetEpochs(): void {
    this.#epochs.clear()
  }

  /** Heads of many groups. A group that the log does not have stands at {@link NO_HEADS}. */
  async heads(groupIds: readonly string[]): Promise<ReadonlyMap<string, LaneHeads>> {
    const heads = new Map<string, LaneHeads>(groupIds.map((groupId) => [groupId, NO_HEADS]))
    const byPartition = Map.groupBy(groupIds, (groupId) => this.partition(groupId))
    const moved = [...byPartition].map(([partition, ids]) => this.headsAfter(partition, ids, 0))
    for (const found of await Promise.all(moved)) for (const [groupId, head] of found) heads.set(groupId, head)
    return heads
  }

  /** Of these groups of one partition those that have commits after a sequence, with the heads of the lanes of these commits; 0 for the others. */
  async headsAfter(
    partition: number,
    groupIds: readonly string[],
    afterSeq: number,
  ): Promise<ReadonlyMap<string, LaneHeads>> {
    const filters = groupIds.map((groupId) => groupFilter(partition, groupId))
    const heads = new Map<string, LaneHeads>()
    for (const [subject, seq] of await this.store.heads(historyStream(partition), filters, afterSeq)) {
      const found = parseHistorySubject(subject)
      if (found) heads.set(found.groupId, advance(heads.get(found.groupId) ?? NO_HEADS, found.lane, seq))
    }
    return heads
  }

  /** The same, with one read at a time for all who ask: in a storm many rooms ask at once. */
  headsNow(groupIds: readonly string[]): Promise<ReadonlyMap<string, LaneHeads>> {
    return this.#headsNow.get(groupIds)
  }

  /** All commits of one lane after a sequence. */
  async lane(groupId: string, lane: LaneName, afterSeq: number): Promise<GroupCommit[]> {
    const filter = historySubject(this.partition(groupId), groupId, lane)
    const { commits } = await this.#readStream(this.#stream(groupId), filter, afterSeq, PAGE * 20)
    return commits
  }

  /** All commits after a sequence that can make somebody a member, of all groups of a partition. */
  async rosters(partition: number, afterSeq: number): Promise<GroupCommit[]> {
    const lanes = (['group', 'roster'] as const).map((lane) => historySubject(partition, '*', lane))
    const read = await Promise.all(
      lanes.map((filter) => this.#readStream(historyStream(partition), filter, afterSeq, Number.MAX_SAFE_INTEGER)),
    )
    return read.flatMap(({ commits }) => commits)
  }

  /** Commits of all lanes after `afterSeq`, at least up to `upTo`. `more`: there are more than `limit`. */
  all(
    groupId: string,
    afterSeq: number,
    upTo: number,
    limit: number,
  ): Promise<{ commits: GroupCommit[]; more: boolean }> {
    const filter = groupFilter(this.partition(groupId), groupId)
    return this.#readStream(this.#stream(groupId), filter, afterSeq, limit, upTo)
  }

  async #readStream(stream: string, filter: string, afterSeq: number, limit: number, upTo = Number.POSITIVE_INFINITY) {
    const commits: GroupCommit[] = []
    for (let after = afterSeq; commits.length <= limit; ) {
      const page = await this.store.read(stream, { afterSeq: after, filter, limit: PAGE, upTo })
      commits.push(...page.flatMap((stored) => storedCommit(stored) ?? []))
      if (page.length < PAGE) return { commits, more: commits.length > limit }
      after = page.at(-1)?.seq ?? after
    }
    return { commits: commits.slice(0, limit), more: true }
  }

  #stream(groupId: string): string {
    return historyStream(this.partition(groupId))
  }
}

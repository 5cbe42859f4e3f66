import { type GroupHistory, upToDate } from '@beseda/history'
import { PEOPLE_STREAM } from '@beseda/proto'
import { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import type { MembershipReader } from './ports.js'

/**
 * Whom people's privacy settings keep somebody from adding to a group (ADR 107). Settings are in a stream of their own, and contacts in any
 * partition, so no condition of an append can name them: what is decided after this holds as of a moment within the request, as for blocks.
 */
export class AddingQueries {
  constructor(
    private readonly history: GroupHistory,
    private readonly reader: Pick<MembershipReader, 'whoMayAdd' | 'isContact'>,
    /** The history streams that this process follows. */
    private readonly streams: readonly string[],
  ) {}

  /** Nobody is kept from adding themselves. */
  async unaddable(actorId: string, userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    await upToDate(this.history.deps, [PEOPLE_STREAM], signal)
    const others = [...new Set(userIds)].filter((userId) => userId !== actorId)
    if (others.some((userId) => this.reader.whoMayAdd(userId) === WhoMayAdd.CONTACTS)) {
      await upToDate(this.history.deps, this.streams, signal)
    }
    return others.filter((userId) => !this.#mayAdd(actorId, userId))
  }

  #mayAdd(actorId: string, userId: string): boolean {
    switch (this.reader.whoMayAdd(userId)) {
      case WhoMayAdd.NOBODY:
        return false
      case WhoMayAdd.CONTACTS:
        return this.reader.isContact(userId, actorId)
      default:
        return true
    }
  }
}

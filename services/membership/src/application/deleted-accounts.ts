import { forEachSettled } from '@beseda/async'
import type { StoredCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { PEOPLE_STREAM } from '@beseda/proto'
import { rosterChanges } from '@beseda/rules'
import type { DeletedAccounts } from './ports.js'
import type { RosterCommands } from './roster-commands.js'

/** Time for one removal before it is left to the next round. Longer: one slow group delays the others. */
const TIMEOUT_MS = 10_000

/**
 * Removes deleted accounts from their groups. Every replica does it; the second one finds nothing to do. A group that fails
 * delays no other.
 */
export class DeletedAccountRemoval {
  constructor(
    private readonly accounts: DeletedAccounts,
    private readonly commands: RosterCommands,
  ) {}

  /** Whether there may be somebody to remove after this commit: an account was deleted, or somebody joined just as theirs was. */
  concerns({ stream, commit }: StoredCommit): boolean {
    if (stream === PEOPLE_STREAM) return true
    const arrivals = commit.events.flatMap(({ body }) => {
      if (body.case === 'joinRequested') return [body.value.userId]
      return rosterChanges(body).flatMap(({ userId, role }) => (role === undefined ? [] : [userId]))
    })
    return arrivals.some((userId) => this.accounts.has(userId))
  }

  /** Errors: one error for all that failed, which are left to the next round. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      this.accounts.remaining(),
      ({ groupId, userId }) => `group ${groupId}, person ${userId}`,
      ({ groupId, userId }) => {
        const signal = AbortSignal.timeout(TIMEOUT_MS)
        const caller = { commandId: newId(), userId, now, traceparent: undefined, signal }
        return this.commands.run(groupId, { type: 'RemoveDeletedAccount' }, caller)
      },
    )
  }
}

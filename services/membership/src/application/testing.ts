import type { Caller, GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { SqliteRosterStore } from '../adapters/views/roster-store.js'
import { RosterCommands } from './roster-commands.js'

/** Commands on the view of a history; every id belongs to somebody. */
export const commandsOn = (history: GroupHistory): RosterCommands =>
  new RosterCommands(
    history,
    new SqliteRosterStore(history.deps.projection),
    { unknown: async () => [] },
    { changed: () => undefined },
  )

export const callerOf = (userId: string, now = new Date(0)): Caller => ({
  commandId: newId(),
  userId,
  now,
  traceparent: undefined,
  signal: new AbortController().signal,
})

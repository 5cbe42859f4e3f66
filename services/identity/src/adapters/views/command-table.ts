import type { SqliteView } from '@beseda/event-log'
import { type DoneCommand, keyParts } from '../../application/accounts/command-keys.js'

export const COMMAND_SCHEMA =
  'CREATE TABLE command (scope TEXT PRIMARY KEY, content TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;'

/** So that a repeated command is recognised. Ids from before keys were used belong to commands that nobody repeats any more. */
export function noteCommand(view: SqliteView, commandId: string, seq: number): void {
  const key = keyParts(commandId)
  if (key) view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?)', key.scope, key.content, seq)
}

export const doneCommand = (view: SqliteView, scope: string): DoneCommand | undefined =>
  view.get<DoneCommand>('SELECT content, seq FROM command WHERE scope = ?', scope)

export const KEYS_DATABASE = 'beseda.keys'

let sessions = 0
/** Counts the sessions of this page that are over: the server has removed the keys that they published. */
export const endedSessions = (): number => sessions

/** The session is over. `asked`: the person signed out here, so the key of this device goes, and what it knows of the keys of others. */
export function leaveKeys(asked: boolean): void {
  sessions += 1
  if (!asked) return
  try {
    indexedDB.deleteDatabase(KEYS_DATABASE)
  } catch {
    // Storage is blocked: nothing is there.
  }
}

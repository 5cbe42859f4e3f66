/** The person's own backgrounds for calls, and what they chose: on this device only. Here, because calls are not loaded when somebody leaves. */
export const BACKGROUNDS_DATABASE = 'beseda.backgrounds'
export const EFFECTS_KEY = 'beseda.effects'
/** Pieces of recordings of calls that the server does not have yet. */
export const RECORDINGS_DATABASE = 'beseda.recordings'
/** Transcripts of calls that are not posted yet. */
export const TRANSCRIPTS_DATABASE = 'beseda.transcripts'

/** The person signed out: the next one at this device sees nothing of their pictures. */
export function forgetBackgrounds(): void {
  try {
    localStorage.removeItem(EFFECTS_KEY)
    for (const name of [BACKGROUNDS_DATABASE, RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE]) indexedDB.deleteDatabase(name)
  } catch {
    // Storage is blocked: nothing is there.
  }
}

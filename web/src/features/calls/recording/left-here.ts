import { handled } from '../../../diagnostics/log.js'
import { session } from '../../../net/stored-session.js'
import { RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'

const databases = () => indexedDB.databases()
const recordings = async () => (await import('./left-pieces.js')).sendLeft(Date.now())
const transcripts = async () =>
  (await import('../captions/left-transcripts.js')).postLeft(Date.now(), session.value?.userId ?? '')

/**
 * Sends what a page that died has left of a recording, and posts what it has left of a transcript: neither waits for the other, as a piece is
 * tried until the server has it. Only a device that has made one before has the database of them.
 */
export async function send(parts = { databases, recordings, transcripts }): Promise<void> {
  const here = await parts.databases()
  const has = (wanted: string) => here.some(({ name }) => name === wanted)
  await Promise.all([
    has(RECORDINGS_DATABASE) && parts.recordings().catch(handled('calls.recording')),
    has(TRANSCRIPTS_DATABASE) && parts.transcripts().catch(handled('calls.captions')),
  ])
}

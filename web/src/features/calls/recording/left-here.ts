import { session } from '../../../net/stored-session.js'
import { RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'

/**
 * Sends what a page that died has left of a recording, and posts what it has left of a transcript. Only a device that has made one before has
 * the database of them.
 */
export async function send(): Promise<void> {
  const databases = await indexedDB.databases()
  const has = (wanted: string) => databases.some(({ name }) => name === wanted)
  if (has(RECORDINGS_DATABASE)) {
    const { sendLeft } = await import('./left-pieces.js')
    await sendLeft(Date.now())
  }
  if (has(TRANSCRIPTS_DATABASE)) {
    const { postLeft } = await import('../captions/left-transcripts.js')
    await postLeft(Date.now(), session.value?.userId ?? '')
  }
}

import { RECORDINGS_DATABASE } from '../../auth/own-backgrounds.js'

/** Sends what a page that died has left of a recording. Only a device that has recorded a call before has the database of pieces. */
export async function send(): Promise<void> {
  const databases = await indexedDB.databases()
  if (!databases.some(({ name }) => name === RECORDINGS_DATABASE)) return
  const { sendLeft } = await import('./left-pieces.js')
  await sendLeft(Date.now())
}

import { handled } from '../../diagnostics/log.js'
import type { OwnMedia } from './media/own-media.js'

/** What to open. */
export interface Wish {
  readonly camera: boolean
  readonly microphone: boolean
}

/** Code that a call takes, out of the first screens. Fetched when one rings, so that answering waits for nothing. */
export const callCode = () =>
  Promise.all([
    import('./media/own-media.js'),
    import('./media/devices.js'),
    import('./active-call.js'),
    import('./active-call-parts.js'),
  ])

/**
 * The person's microphone, and camera, about to open: nothing waits for them, neither the server nor the others. Who cannot be heard
 * can still listen. `onTrouble`: key of a sentence.
 */
export async function openMedia(wish: Wish, onTrouble: (key: string) => void): Promise<OwnMedia> {
  const [{ OwnMedia }, { chosenDevices }] = await callCode()
  const media = new OwnMedia(chosenDevices.value)
  media.setMicrophone(wish.microphone)
  const failed = (key: string) => (error: unknown) => {
    handled('calls.device', 'MEDIA_FAILED')(error)
    onTrouble(key)
  }
  void media.openMicrophone().catch(failed('calls.noMicrophone'))
  if (wish.camera) void media.setCamera(true).catch(failed('calls.noCamera'))
  return media
}

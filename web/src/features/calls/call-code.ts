import { handled } from '../../diagnostics/log.js'
import type { OwnMedia } from './media/own-media.js'

/** The media to open. */
export interface Wish {
  readonly camera: boolean
  readonly microphone: boolean
}

/** The code of calls, kept out of the first screens. Prefetched when a call rings, so that answering is not delayed. */
export const callCode = () =>
  Promise.all([
    import('./media/own-media.js'),
    import('./media/devices.js'),
    import('./active-call.js'),
    import('./active-call-parts.js'),
  ])

/**
 * Opens the person's microphone and camera. Joining does not wait for them: a person without a microphone
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

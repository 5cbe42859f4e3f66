import { handled } from '../../diagnostics/log.js'
import type { OwnMedia } from './media/own-media.js'

/** The media to open. */
export interface WantedMedia {
  readonly camera: boolean
  readonly microphone: boolean
}

/** The code of calls, kept out of the first screens. Prefetched when a call rings, so that answering is not delayed. */
export const callCode = () =>
  Promise.all([
    import('./media/own-media.js'),
    import('./media/devices.js'),
    import('./effects/chosen-effects.js'),
    import('./active-call.js'),
    import('./active-call-parts.js'),
    import('../../keys/device-keys.js'),
  ])

/**
 * Opens the person's microphone and camera. Joining does not wait for them: a person without a microphone can still listen, and the call
 * shows what is wrong with it.
 */
export async function openMedia(wanted: WantedMedia): Promise<OwnMedia> {
  const [{ OwnMedia }, { chosenDevices }, { ChosenEffects }] = await callCode()
  const media = new OwnMedia(chosenDevices.value, new ChosenEffects())
  media.setMicrophone(wanted.microphone)
  const failed = handled('calls.device', 'MEDIA_FAILED')
  void media.openMicrophone().catch(failed)
  if (wanted.camera) void media.setCamera(true).catch(failed)
  return media
}

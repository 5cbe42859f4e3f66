/** The devices that a call keeps open. */
export type OwnDevice = 'microphone' | 'camera'

/**
 * Why a device gives nothing: there is none, the person or the system does not allow it, another app uses it, or the system has muted it
 * (a key of the keyboard or headset, a cover over the camera); `insecure`: over plain HTTP a page gets no device.
 */
export type Trouble = 'missing' | 'refused' | 'busy' | 'silenced' | 'insecure'

/** Key of the sentence. */
export const troubleKey = (device: OwnDevice, trouble: Trouble): string =>
  trouble === 'insecure' ? 'calls.needsHttps' : `calls.trouble.${device}.${trouble}`

/** A mesh never sends larger pictures; see quality.ts. */
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } }
const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

const withDevice = (constraints: MediaTrackConstraints, id: string): MediaTrackConstraints =>
  id === '' ? constraints : { ...constraints, deviceId: { ideal: id } }

/** Opens a device; a missing one is replaced by another. `more`: further constraints. Errors: those of getUserMedia; NotReadableError: it ended at once. */
export async function openDevice(
  device: OwnDevice,
  id: string,
  more: MediaTrackConstraints = {},
): Promise<MediaStreamTrack> {
  const wanted =
    device === 'microphone'
      ? { audio: withDevice({ ...MICROPHONE, ...more }, id) }
      : { video: withDevice({ ...CAMERA, ...more }, id) }
  const [track] = (await navigator.mediaDevices.getUserMedia(wanted)).getTracks()
  if (!track) throw new DOMException(`no ${device}`, 'NotFoundError')
  // One that another program takes away again and again would be opened without end.
  if (track.readyState === 'ended') throw new DOMException(`the ${device} has ended`, 'NotReadableError')
  return track
}

/** What an error of getUserMedia means for the person. */
export function troubleOf(error: unknown): Trouble {
  if (!isSecureContext) return 'insecure'
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'refused'
}

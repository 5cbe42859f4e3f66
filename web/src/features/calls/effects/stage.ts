import type { OwnDevice } from '../media/open-device.js'

/** What happens to the sound or the picture of one open device before others get it. */
export interface Stage {
  readonly raw: MediaStreamTrack
  /** What others get: the raw track, or a processed one. */
  readonly output: MediaStreamTrack
  /** When there is an output that may be sent. Never rejects. */
  readonly ready: Promise<void>
  /** Stops both tracks. */
  close(): void
}

/** What the person chose for their microphone and camera. */
export interface Effects {
  /** What the browser itself shall do at the device. */
  constraints(device: OwnDevice): MediaTrackConstraints
  /** `onOutput`: the stage has another output now. */
  stage(device: OwnDevice, raw: MediaStreamTrack, onOutput: () => void): Stage
  /** Another choice needs the device to be opened again. */
  follow(reopen: (device: OwnDevice) => void): void
  close(): void
}

/** The device as it is. */
export const plainStage = (raw: MediaStreamTrack): Stage => ({
  raw,
  output: raw,
  ready: Promise.resolve(),
  close: () => raw.stop(),
})

export const NO_EFFECTS: Effects = {
  constraints: () => ({}),
  stage: (_, raw) => plainStage(raw),
  follow: () => undefined,
  close: () => undefined,
}

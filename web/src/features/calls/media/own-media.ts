import { handled } from '../../../diagnostics/log.js'
import type { Slot } from '../engine/media-state.js'
import type { OwnTracks } from '../engine/peer/peer-link.js'
import { Placeholders } from './placeholders.js'

export interface OwnMediaEvents {
  /** The current track of a slot; null: none. */
  onTrack(slot: Slot, track: MediaStreamTrack | null): void
}

/** A mesh never sends larger pictures; see quality.ts. */
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } }
const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const SCREEN: DisplayMediaStreamOptions = {
  video: { frameRate: { max: 15 } },
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
}

const wished = (constraints: MediaTrackConstraints, id: string): MediaTrackConstraints =>
  id === '' ? constraints : { ...constraints, deviceId: { ideal: id } }

/** The person's own microphone, camera and screen. Devices change during a call without a new negotiation. */
export class OwnMedia implements OwnTracks {
  events: OwnMediaEvents = { onTrack: () => undefined }
  readonly #placeholders = new Placeholders()
  readonly #tracks = new Map<Slot, MediaStreamTrack>()
  readonly #wished = { microphone: '', camera: '' }
  #microphoneOn = true
  #closed = false

  /** `wishes`: device ids; a missing device is replaced by another. */
  constructor(wishes: { readonly microphone: string; readonly camera: string }) {
    this.#wished = { ...wishes }
  }

  get places() {
    return this.#placeholders.places
  }

  track(slot: Slot): MediaStreamTrack | null {
    return this.#tracks.get(slot) ?? null
  }

  get hasMicrophone(): boolean {
    return this.#tracks.has('microphone')
  }

  /** As the person chose, whether there is a device yet or not. */
  get microphoneOn(): boolean {
    return this.#microphoneOn
  }

  /** Errors: those of getUserMedia. */
  async openMicrophone(): Promise<void> {
    if (this.hasMicrophone) return
    const audio = wished(MICROPHONE, this.#wished.microphone)
    const [track] = (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()
    if (!track) throw new DOMException('no microphone', 'NotFoundError')
    track.enabled = this.#microphoneOn
    this.#put('microphone', track)
  }

  setMicrophone(on: boolean): void {
    this.#microphoneOn = on
    const track = this.#tracks.get('microphone')
    if (track) track.enabled = on
  }

  /** Opens or closes the camera: its light is off when the camera is off. Errors: those of getUserMedia. */
  async setCamera(on: boolean): Promise<void> {
    if (on === this.#tracks.has('camera')) return
    if (!on) {
      this.#put('camera', undefined)
      return
    }
    const video = wished(CAMERA, this.#wished.camera)
    const [track] = (await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks()
    if (!track) throw new DOMException('no camera', 'NotFoundError')
    this.#put('camera', track)
  }

  /** Errors: those of getDisplayMedia; a picker that was closed is none. Resolves with whether the screen is on. */
  async setScreen(on: boolean): Promise<boolean> {
    if (!on) {
      this.#put('screen', undefined)
      this.#put('screenSound', undefined)
      return false
    }
    try {
      const shared = await navigator.mediaDevices.getDisplayMedia(SCREEN)
      const [[screen], [sound]] = [shared.getVideoTracks(), shared.getAudioTracks()]
      if (screen) screen.contentHint = 'detail'
      this.#put('screen', screen)
      this.#put('screenSound', sound)
      return screen !== undefined
    } catch (error) {
      if (error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError'))
        return false
      throw error
    }
  }

  /** Replaces the device in use. */
  async choose(kind: 'microphone' | 'camera', id: string): Promise<void> {
    this.#wished[kind] = id
    if (!this.#tracks.has(kind)) return
    const constraints = kind === 'microphone' ? { audio: wished(MICROPHONE, id) } : { video: wished(CAMERA, id) }
    const [track] = (await navigator.mediaDevices.getUserMedia(constraints)).getTracks()
    if (!track) return
    if (kind === 'microphone') track.enabled = this.#microphoneOn
    this.#put(kind, track)
  }

  close(): void {
    this.#closed = true
    this.events = { onTrack: () => undefined }
    for (const track of this.#tracks.values()) track.stop()
    this.#tracks.clear()
    this.#placeholders.close()
  }

  /** Opens the new device before the old one stops, so that there is no gap. */
  #put(slot: Slot, track: MediaStreamTrack | undefined): void {
    if (this.#closed) {
      // The browser asked the person, and the answer came too late.
      track?.stop()
      return
    }
    const before = this.#tracks.get(slot)
    if (before === track) return
    if (track) this.#tracks.set(slot, track)
    else this.#tracks.delete(slot)
    track?.addEventListener('ended', () => void this.#ended(slot, track))
    this.events.onTrack(slot, track ?? null)
    before?.stop()
  }

  /** Unplugged, or the browser's own "stop sharing". */
  async #ended(slot: Slot, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks.get(slot) !== track) return
    if (slot === 'screen') await this.setScreen(false)
    else {
      this.#put(slot, undefined)
      // Another microphone is better than none; another camera would be a surprise.
      if (slot === 'microphone') await this.openMicrophone().catch(handled('calls.microphone', 'MEDIA_FAILED'))
    }
  }
}

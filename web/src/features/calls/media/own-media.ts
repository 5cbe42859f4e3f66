import { handled, log } from '../../../diagnostics/log.js'
import type { Slot } from '../engine/media-state.js'
import type { OwnTracks } from '../engine/peer/peer-link.js'
import type { Devices } from './devices.js'
import { type OwnDevice, openDevice, type Trouble, troubleOf } from './open-device.js'
import { Placeholders } from './placeholders.js'
import { openScreen } from './screen.js'

export interface OwnMediaEvents {
  /** The current track of a slot; null: none. */
  onTrack(slot: Slot, track: MediaStreamTrack | null): void
  /** A device works, or no longer: see `troubleOf`. */
  onTrouble?(device: OwnDevice): void
}

const isDevice = (slot: Slot): slot is OwnDevice => slot === 'microphone' || slot === 'camera'

/**
 * The person's own microphone, camera and screen. Each of them, and the permission for it, may come and go at any moment: they are
 * opened again when they can be, and change during a call without a new negotiation.
 */
export class OwnMedia implements OwnTracks {
  events: OwnMediaEvents = { onTrack: () => undefined }
  readonly #placeholders = new Placeholders()
  readonly #tracks = new Map<Slot, MediaStreamTrack>()
  readonly #chosen = { microphone: '', camera: '' }
  readonly #troubles = new Map<OwnDevice, Trouble>()
  /** Counts the attempts to open a device: only the newest may succeed, so that the last choice wins. */
  readonly #attempts = { microphone: 0, camera: 0 }
  #microphoneOn = true
  #cameraOn = false
  #closed = false

  /** `chosen`: device ids; a missing device is replaced by another. */
  constructor(chosen: { readonly microphone: string; readonly camera: string }) {
    this.#chosen = { ...chosen }
  }

  get placeholders() {
    return this.#placeholders.all
  }

  track(slot: Slot): MediaStreamTrack | null {
    return this.#tracks.get(slot) ?? null
  }

  /** Whether a device is open and gives something. */
  works(device: OwnDevice): boolean {
    return this.#tracks.has(device) && this.troubleOf(device) === undefined
  }

  /** Why it gives nothing; undefined: it works, it is being opened, or nobody wants it. */
  troubleOf(device: OwnDevice): Trouble | undefined {
    const track = this.#tracks.get(device)
    if (track) return track.muted ? 'silenced' : undefined
    return this.#troubles.get(device)
  }

  /** As the person chose, whether there is a device yet or not. */
  get microphoneOn(): boolean {
    return this.#microphoneOn
  }

  /** As the person chose. */
  get cameraOn(): boolean {
    return this.#cameraOn
  }

  /** Errors: those of getUserMedia. */
  async openMicrophone(): Promise<void> {
    if (!this.#tracks.has('microphone')) await this.#open('microphone')
  }

  setMicrophone(on: boolean): void {
    this.#microphoneOn = on
    const track = this.#tracks.get('microphone')
    if (track) track.enabled = on
  }

  /** Opens or closes the camera: its light is off when the camera is off. Errors: those of getUserMedia. */
  async setCamera(on: boolean): Promise<void> {
    this.#cameraOn = on
    if (on && !this.#tracks.has('camera')) await this.#open('camera')
    if (on) return
    // One that is being opened is no longer wanted.
    this.#attempts.camera++
    this.#put('camera', undefined)
    this.#become('camera', undefined)
  }

  /** Errors: those of getDisplayMedia; a picker that was closed is none. Resolves with whether the screen is on. */
  async setScreen(on: boolean): Promise<boolean> {
    const { screen, sound } = on ? await openScreen() : {}
    if (on && !screen) return this.#tracks.has('screen')
    this.#put('screen', screen)
    this.#put('screenSound', sound)
    return screen !== undefined
  }

  /**
   * Uses another device from now on: at once where one is in use or could not be opened. When the other one fails and there is one in
   * use, that one stays. Errors: those of getUserMedia.
   */
  async choose(device: OwnDevice, id: string): Promise<void> {
    const before = this.#chosen[device]
    this.#chosen[device] = id
    if (device === 'camera' && !this.#cameraOn) return
    try {
      await this.#open(device)
    } catch (error) {
      if (this.#tracks.has(device)) this.#chosen[device] = before
      throw error
    }
  }

  /** Devices were plugged in or out: one that was missing is opened, and the chosen one replaces the one that stood in for it. */
  async devicesChanged(devices: Devices): Promise<void> {
    for (const device of ['microphone', 'camera'] as const) {
      const trouble = this.troubleOf(device)
      const isFound = trouble === 'missing' || trouble === 'busy' || this.#isBack(device, devices)
      if (isFound && devices[device].length > 0) await this.#again(device)
    }
  }

  /** The person or the system has allowed a device, or no longer allows it. */
  async permissionChanged(device: OwnDevice, isAllowed: boolean): Promise<void> {
    log.step(`calls.${device}`, isAllowed ? 'allowed' : 'no longer allowed')
    if (isAllowed && this.troubleOf(device) === 'refused') await this.#again(device)
  }

  close(): void {
    this.#closed = true
    this.events = { onTrack: () => undefined }
    for (const track of this.#tracks.values()) track.stop()
    this.#tracks.clear()
    this.#placeholders.close()
  }

  async #open(device: OwnDevice): Promise<void> {
    const attempt = ++this.#attempts[device]
    const isNewest = () => attempt === this.#attempts[device] && !this.#closed
    try {
      const track = await openDevice(device, this.#chosen[device])
      // The browser asked the person, and the answer came too late.
      if (!isNewest()) return track.stop()
      if (device === 'microphone') track.enabled = this.#microphoneOn
      log.step(`calls.${device}`, 'opened')
      this.#put(device, track)
      this.#become(device, undefined)
    } catch (error) {
      if (isNewest()) this.#become(device, troubleOf(error))
      throw error
    }
  }

  /** Without a person who waits for it: a failure is shown as the device's trouble. */
  #again(device: OwnDevice): Promise<void> {
    if (device === 'camera' && !this.#cameraOn) return Promise.resolve()
    return this.#open(device).catch(handled(`calls.${device}`, 'MEDIA_FAILED'))
  }

  /** The chosen device is there, and another one is in use. */
  #isBack(device: OwnDevice, devices: Devices): boolean {
    const id = this.#chosen[device]
    const inUse = this.#tracks.get(device)?.getSettings().deviceId
    return id !== '' && inUse !== undefined && inUse !== id && devices[device].some((one) => one.id === id)
  }

  #become(device: OwnDevice, trouble: Trouble | undefined): void {
    if (trouble) this.#troubles.set(device, trouble)
    else this.#troubles.delete(device)
    this.events.onTrouble?.(device)
  }

  /** Opens the new device before the old one stops, so that there is no gap. */
  #put(slot: Slot, track: MediaStreamTrack | undefined): void {
    if (this.#closed) {
      track?.stop()
      return
    }
    const before = this.#tracks.get(slot)
    if (before === track) return
    if (track) this.#tracks.set(slot, track)
    else this.#tracks.delete(slot)
    if (track) this.#follow(slot, track)
    this.events.onTrack(slot, track ?? null)
    before?.stop()
  }

  #follow(slot: Slot, track: MediaStreamTrack): void {
    track.addEventListener('ended', () => void this.#ended(slot, track))
    if (!isDevice(slot)) return
    for (const change of ['mute', 'unmute'])
      track.addEventListener(change, () => {
        if (this.#tracks.get(slot) !== track) return
        log.step(`calls.${slot}`, change === 'mute' ? 'silenced by the system' : 'heard by the system again')
        this.events.onTrouble?.(slot)
      })
  }

  /** Unplugged, no longer allowed, or the browser's own "stop sharing". */
  async #ended(slot: Slot, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks.get(slot) !== track) return
    log.step(`calls.${slot}`, 'ended')
    this.#put(slot, undefined)
    if (slot === 'screen') this.#put('screenSound', undefined)
    // Another microphone is better than none; another camera would be a surprise.
    if (slot === 'camera') this.#cameraOn = false
    if (slot === 'microphone') await this.#again('microphone')
  }
}

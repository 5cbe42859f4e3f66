import { handled, log } from '../../../diagnostics/log.js'
import { type Effects, NO_EFFECTS, plainStage, type Stage } from '../effects/stage.js'
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
  /** What is open: a device's own track, and what others get of it. */
  readonly #stages = new Map<Slot, Stage>()
  /** Open devices whose stages have no output yet. */
  readonly #coming = new Map<OwnDevice, Stage>()
  readonly #chosen = { microphone: '', camera: '' }
  readonly #troubles = new Map<OwnDevice, Trouble>()
  /** Counts the attempts to open a device: only the newest may succeed, so that the last choice wins. */
  readonly #attempts = { microphone: 0, camera: 0 }
  #microphoneOn = true
  #cameraOn = false
  #closed = false

  /** `chosen`: device ids; a missing device is replaced by another. */
  constructor(
    chosen: { readonly microphone: string; readonly camera: string },
    private readonly effects: Effects = NO_EFFECTS,
  ) {
    this.#chosen = { ...chosen }
    effects.follow((device) => void (this.#stages.has(device) && this.#again(device)))
  }

  get placeholders() {
    return this.#placeholders.all
  }

  /** What others get. */
  track(slot: Slot): MediaStreamTrack | null {
    return this.#stages.get(slot)?.output ?? null
  }

  /** Whether a device is open and gives something. */
  works(device: OwnDevice): boolean {
    return this.#stages.has(device) && this.troubleOf(device) === undefined
  }

  /** Why it gives nothing; undefined: it works, it is being opened, or nobody wants it. */
  troubleOf(device: OwnDevice): Trouble | undefined {
    const stage = this.#stages.get(device)
    if (stage) return stage.raw.muted ? 'silenced' : undefined
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
    if (!this.#stages.has('microphone')) await this.#open('microphone')
  }

  setMicrophone(on: boolean): void {
    this.#microphoneOn = on
    const stage = this.#stages.get('microphone')
    for (const track of stage ? [stage.raw, stage.output] : []) track.enabled = on
  }

  /** Opens or closes the camera: its light is off when the camera is off. Errors: those of getUserMedia. */
  async setCamera(on: boolean): Promise<void> {
    this.#cameraOn = on
    if (on && !this.#stages.has('camera')) await this.#open('camera')
    if (on) return
    // One that is being opened is no longer wanted.
    this.#attempts.camera++
    this.#coming.get('camera')?.close()
    this.#put('camera', undefined)
    this.#become('camera', undefined)
  }

  /** Errors: those of getDisplayMedia; a picker that was closed is none. Resolves with whether the screen is on. */
  async setScreen(on: boolean): Promise<boolean> {
    const { screen, sound } = on ? await openScreen() : {}
    if (on && !screen) return this.#stages.has('screen')
    this.#put('screen', screen && plainStage(screen))
    this.#put('screenSound', sound && plainStage(sound))
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
      if (this.#stages.has(device)) this.#chosen[device] = before
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
    this.effects.close()
    for (const stage of [...this.#stages.values(), ...this.#coming.values()]) stage.close()
    this.#stages.clear()
    this.#placeholders.close()
  }

  async #open(device: OwnDevice): Promise<void> {
    const attempt = ++this.#attempts[device]
    const isNewest = () => attempt === this.#attempts[device] && !this.#closed
    try {
      const track = await openDevice(device, this.#chosen[device], this.effects.constraints(device))
      // The browser asked the person, and the answer came too late.
      if (!isNewest()) return track.stop()
      if (device === 'microphone') track.enabled = this.#microphoneOn
      log.step(`calls.${device}`, 'opened')
      const stage: Stage = this.effects.stage(device, track, () => this.#changed(device, stage))
      await this.#readiness(device, stage)
      if (!isNewest()) return stage.close()
      this.#put(device, stage)
      this.#become(device, undefined)
      // It was unplugged meanwhile.
      if (track.readyState === 'ended') await this.#ended(device, stage)
    } catch (error) {
      if (isNewest()) this.#become(device, troubleOf(error))
      throw error
    }
  }

  /** Waits for the output of a stage. One that comes after it ends it. */
  async #readiness(device: OwnDevice, stage: Stage): Promise<void> {
    this.#coming.get(device)?.close()
    this.#coming.set(device, stage)
    await stage.ready
    if (this.#coming.get(device) === stage) this.#coming.delete(device)
  }

  /** Without a person who waits for it: a failure is shown as the device's trouble. */
  #again(device: OwnDevice): Promise<void> {
    if (device === 'camera' && !this.#cameraOn) return Promise.resolve()
    return this.#open(device).catch(handled(`calls.${device}`, 'MEDIA_FAILED'))
  }

  /** The chosen device is there, and another one is in use. */
  #isBack(device: OwnDevice, devices: Devices): boolean {
    const id = this.#chosen[device]
    const inUse = this.#stages.get(device)?.raw.getSettings().deviceId
    return id !== '' && inUse !== undefined && inUse !== id && devices[device].some((one) => one.id === id)
  }

  #become(device: OwnDevice, trouble: Trouble | undefined): void {
    if (trouble) this.#troubles.set(device, trouble)
    else this.#troubles.delete(device)
    this.events.onTrouble?.(device)
  }

  /** Opens the new device before the old one stops, so that there is no gap. */
  #put(slot: Slot, stage: Stage | undefined): void {
    if (this.#closed) {
      stage?.close()
      return
    }
    const before = this.#stages.get(slot)
    if (before === stage) return
    if (stage) this.#stages.set(slot, stage)
    else this.#stages.delete(slot)
    if (stage) {
      stage.output.enabled = stage.raw.enabled
      this.#follow(slot, stage)
    }
    this.events.onTrack(slot, stage?.output ?? null)
    before?.close()
  }

  /** An effect has begun or ended. */
  #changed(device: OwnDevice, stage: Stage): void {
    if (this.#stages.get(device) !== stage) return
    stage.output.enabled = stage.raw.enabled
    this.events.onTrack(device, stage.output)
  }

  #follow(slot: Slot, stage: Stage): void {
    const { raw } = stage
    raw.addEventListener('ended', () => void this.#ended(slot, stage))
    if (!isDevice(slot)) return
    for (const change of ['mute', 'unmute'])
      raw.addEventListener(change, () => {
        if (this.#stages.get(slot) !== stage) return
        log.step(`calls.${slot}`, change === 'mute' ? 'silenced by the system' : 'heard by the system again')
        this.events.onTrouble?.(slot)
      })
  }

  /** Unplugged, no longer allowed, or the browser's own "stop sharing". */
  async #ended(slot: Slot, stage: Stage): Promise<void> {
    if (this.#stages.get(slot) !== stage) return
    log.step(`calls.${slot}`, 'ended')
    this.#put(slot, undefined)
    if (slot === 'screen') this.#put('screenSound', undefined)
    // Another microphone is better than none; another camera would be a surprise.
    if (slot === 'camera') this.#cameraOn = false
    if (slot === 'microphone') await this.#again('microphone')
  }
}

import type { ClientLog } from '../../../diagnostics/client-log.js'
import { chosenDevices, type DeviceKind, type Devices, NO_DEVICES } from '../media/devices.js'
import type { Mixer } from '../media/mixer.js'
import type { OwnMedia } from '../media/own-media.js'

export interface CallDevicesParts {
  readonly media: OwnMedia
  readonly mixer: Pick<Mixer, 'setSpeaker'>
  readonly log: Pick<ClientLog, 'step' | 'error'>
  list(): Promise<Devices>
  onChange(): void
}

/** The devices of a call: those there are, and those in use. They change while it goes on. */
export class CallDevices {
  #all = NO_DEVICES
  #speaker = chosenDevices.value.speaker

  constructor(private readonly parts: CallDevicesParts) {
    void this.#list()
    void this.parts.mixer.setSpeaker(this.#speaker).catch(this.#failed('calls.speaker'))
  }

  get all(): Devices {
    return this.#all
  }

  /** Something was plugged in or out. */
  async changed(): Promise<void> {
    const { log, media } = this.parts
    log.step('calls', 'devices changed')
    await this.#list()
    await media.devicesChanged(this.#all)
    await this.#followSpeaker()
  }

  /** Errors: those of getUserMedia and setSinkId; then the device that is in use stays the chosen one. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    const before = chosenDevices.value[kind]
    this.#note(kind, id)
    try {
      if (kind === 'speaker') await this.#setSpeaker(id)
      else await this.parts.media.choose(kind, id)
    } catch (error) {
      if (kind === 'speaker' || this.parts.media.track(kind)) this.#note(kind, before)
      throw error
    }
    // The permission for the first device gives the names of all others.
    await this.#list()
  }

  /** The permission for a device gives its name. */
  async refresh(): Promise<void> {
    await this.#list()
  }

  async #list(): Promise<void> {
    this.#all = await this.parts.list()
    this.parts.onChange()
  }

  /** A chosen speaker that is unplugged gives way to the system's, and gets its place back. */
  async #followSpeaker(): Promise<void> {
    const { speaker } = chosenDevices.value
    const isThere = this.#all.speaker.some(({ id }) => id === speaker)
    const wanted = isThere ? speaker : ''
    if (this.#all.speaker.length > 0 && wanted !== this.#speaker)
      await this.#setSpeaker(wanted).catch(this.#failed('calls.speaker'))
  }

  async #setSpeaker(id: string): Promise<void> {
    await this.parts.mixer.setSpeaker(id)
    this.#speaker = id
  }

  #note(kind: DeviceKind, id: string): void {
    chosenDevices.value = { ...chosenDevices.value, [kind]: id }
    this.parts.onChange()
  }

  readonly #failed = (source: string) => (error: unknown) => this.parts.log.error(source, error, 'MEDIA_FAILED')
}

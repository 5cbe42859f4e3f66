import { BaseKeyProvider } from 'livekit-client'
import { handled } from '../../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../../time/clock.js'
import type { EpochKeys } from '../keys/media-keys.js'
import type { SealedWords } from './sealed-words.js'

/** Until everybody can be expected to have the keys of a new epoch. Shorter: some miss frames; longer: whoever comes hears the others later. */
const CHANGE_MS = 400
/** Frames with earlier keys are under way, or come from a device that is slow. */
const KEPT_MS = 10_000
/** The index of a key is one byte of each frame. */
const INDICES = 256

/** Hands the keys of each epoch to the encryption of frames: those of others at once, the own one a moment later. */
export class RoomKeys extends BaseKeyProvider {
  #chain: Promise<unknown> = Promise.resolve()
  #sendsWith: number | undefined
  #newest = 0
  readonly #change: Alarm
  readonly #forgetting = new Set<() => void>()

  constructor(
    private readonly clock: Clock,
    private readonly me: string,
    private readonly words: SealedWords,
    private readonly onSending: () => void,
  ) {
    // Keys follow from epochs only: none is derived from an earlier one, and no frame that fails ends a key.
    super({ sharedKey: false, ratchetWindowSize: 0, failureTolerance: -1, keyringSize: INDICES })
    this.#change = new Alarm(clock)
  }

  /** There is a key to send with. */
  get sends(): boolean {
    return this.#sendsWith !== undefined
  }

  /** What a room that connects again begins with. */
  override getLatestManuallySetKeyIndex(): number {
    return this.#sendsWith ?? 0
  }

  install({ epoch, own, others }: EpochKeys): void {
    const index = epoch % INDICES
    this.#newest = epoch
    for (const [deviceId, key] of others) {
      void this.#put(deviceId, key, index)
      this.#later(() => {
        // Its frames are not to be believed any more. The index is that of a newer epoch by then only after 256 epochs.
        if (this.#newest === epoch) return
        void this.#put(deviceId, crypto.getRandomValues(new Uint8Array(32)), index)
      })
    }
    if (!own) return
    const send = () => {
      // Whoever sends before the encryption has the key waits for ever.
      void this.#put(this.me, own, index).then(() => {
        this.#sendsWith = index
        this.words.use(index)
        this.onSending()
      })
    }
    if (this.sends) this.#change.set(CHANGE_MS, send)
    else send()
  }

  close(): void {
    this.#change.clear()
    for (const cancel of this.#forgetting) cancel()
  }

  #later(work: () => void): void {
    const cancel = this.clock.after(KEPT_MS, () => {
      this.#forgetting.delete(cancel)
      work()
    })
    this.#forgetting.add(cancel)
  }

  /** One after another, as they were given. */
  #put(deviceId: string, bytes: Uint8Array, index: number): Promise<unknown> {
    const made = crypto.subtle.importKey('raw', Uint8Array.from(bytes), 'HKDF', false, ['deriveBits', 'deriveKey'])
    this.#chain = this.#chain
      .then(async () => {
        const material = await made
        this.onSetEncryptionKey(material, deviceId, index)
        await this.words.learn(deviceId, index, material)
      })
      .catch(handled('calls.keys'))
    return this.#chain
  }
}

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

export interface RoomKeysEvents {
  /** There is a key to send with, or another one. */
  onSending(): void
  /** There is none any more. */
  onSilent(): void
}

/** Whose keys were given for an epoch. */
interface Installed {
  readonly epoch: number
  readonly deviceIds: Set<string>
}

/** Hands the keys of each epoch to the encryption of frames: those of others at once, the own one a moment later. */
export class RoomKeys extends BaseKeyProvider {
  #chain: Promise<unknown> = Promise.resolve()
  #sendsWith: number | undefined
  /** The own key that is to be sent with next. */
  #next: { readonly own: Uint8Array; readonly index: number } | undefined
  /** Where the own key is that was given last. */
  #ownIndex = 0
  #newest: Installed | undefined
  /** Whose keys are at an index. */
  readonly #at = new Map<number, Installed>()
  readonly #change: Alarm
  readonly #forgetting = new Set<() => void>()

  constructor(
    private readonly clock: Clock,
    private readonly me: string,
    private readonly words: SealedWords,
    private readonly events: RoomKeysEvents,
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
    return this.#ownIndex
  }

  install({ epoch, own, others }: EpochKeys): void {
    const index = epoch % INDICES
    this.#replace(epoch, index, others)
    for (const [deviceId, key] of others) void this.#put(deviceId, key, index)
    if (!own) {
      this.#beSilent()
      return
    }
    this.#next = { own, index }
    if (!this.sends) this.#send()
    // While people come one after another, the change is not put off with each of them.
    else if (!this.#change.isSet) this.#change.set(CHANGE_MS, () => this.#send())
  }

  close(): void {
    this.#change.clear()
    for (const cancel of this.#forgetting) cancel()
  }

  /** Frames with the keys of the epoch before are not to be believed after a while. */
  #replace(epoch: number, index: number, others: EpochKeys['others']): void {
    const before = this.#newest
    const former = this.#at.get(index)
    const isSame = before?.epoch === epoch
    const installed: Installed = { epoch, deviceIds: isSame ? before.deviceIds : new Set() }
    for (const deviceId of others.keys()) installed.deviceIds.add(deviceId)
    this.#newest = installed
    this.#at.set(index, installed)
    if (isSame) return
    // Another group of keys has had this epoch, or one has gone around.
    for (const deviceId of former?.deviceIds ?? []) if (!others.has(deviceId)) this.#spoil(deviceId, index)
    if (before) this.#later(() => this.#forget(before))
  }

  #forget(installed: Installed): void {
    const index = installed.epoch % INDICES
    if (this.#at.get(index) !== installed) return
    this.#at.delete(index)
    for (const deviceId of installed.deviceIds) this.#spoil(deviceId, index)
  }

  /** Somebody who is not in the call has the own key: nothing is sent with it. */
  #beSilent(): void {
    this.#change.clear()
    this.#next = undefined
    this.words.use(undefined)
    this.#spoil(this.me, this.#ownIndex)
    if (!this.sends) return
    this.#sendsWith = undefined
    this.events.onSilent()
  }

  #send(): void {
    const next = this.#next
    if (!next) return
    this.#ownIndex = next.index
    // Whoever sends before the encryption has the key waits for ever.
    void this.#put(this.me, next.own, next.index).then(() => {
      // There is none any more by now, or a newer one is being given.
      if (this.#next === undefined || this.#ownIndex !== next.index) return
      this.#sendsWith = next.index
      this.words.use(next.index)
      this.events.onSending()
    })
  }

  #later(work: () => void): void {
    const cancel = this.clock.after(KEPT_MS, () => {
      this.#forgetting.delete(cancel)
      work()
    })
    this.#forgetting.add(cancel)
  }

  /** A key that nobody has, in the place of one: there is no way to remove it. */
  #spoil(deviceId: string, index: number): void {
    void this.#put(deviceId, crypto.getRandomValues(new Uint8Array(32)), index)
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

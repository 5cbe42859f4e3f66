/** Of the keys for frames of a call, that for words: another one than that of the frames themselves. */
const INFO = new TextEncoder().encode('Beseda call words 1')
const IV_BYTES = 12
const ALGORITHM = 'AES-GCM'

/**
 * What devices tell each other through a room, as who is muted: encrypted and bound to its sender by the keys of the call. livekit-client
 * does not say whether a message was encrypted. A message: index of the key, IV, and the ciphertext of a number and the words.
 */
export class SealedWords {
  readonly #keys = new Map<string, CryptoKey>()
  /** The newest number of each sender: what a server repeats is not heard again. */
  readonly #heard = new Map<string, number>()
  #index: number | undefined
  #said = 0

  constructor(
    private readonly me: string,
    private readonly now: () => number,
  ) {}

  /** `material`: the key of a device for its frames, in place of an earlier one of this index. */
  async learn(deviceId: string, index: number, material: CryptoKey): Promise<void> {
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: INFO }
    const wanted = { name: ALGORITHM, length: 128 }
    const key = await crypto.subtle.deriveKey(derivation, material, wanted, false, ['encrypt', 'decrypt'])
    this.#keys.set(nameOf(deviceId, index), key)
  }

  /** The own key from now on; undefined: nothing is said. */
  use(index: number | undefined): void {
    this.#index = index
  }

  /** Undefined: there is no key yet. */
  async seal(words: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const index = this.#index
    const key = index === undefined ? undefined : this.#keys.get(nameOf(this.me, index))
    if (index === undefined || !key) return undefined
    // A page that was loaded again goes on with higher numbers.
    this.#said = Math.max(this.#said + 1, this.now())
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
    const text = new TextEncoder().encode(`${this.#said} ${words}`)
    const sealed = await crypto.subtle.encrypt(of(this.me, iv), key, text)
    return Uint8Array.from([index, ...iv, ...new Uint8Array(sealed)])
  }

  /** Undefined: it is not theirs, or was heard before. */
  async open(deviceId: string, message: Uint8Array): Promise<string | undefined> {
    const [index = 0] = message
    const key = this.#keys.get(nameOf(deviceId, index))
    if (!key) return undefined
    const iv = Uint8Array.from(message.subarray(1, 1 + IV_BYTES))
    const sealed = Uint8Array.from(message.subarray(1 + IV_BYTES))
    // Whoever has sent this did not have the key.
    const text = await crypto.subtle.decrypt(of(deviceId, iv), key, sealed).catch(() => undefined)
    if (!text) return undefined
    const [, number = '0', words = ''] = /^(\d+) (.*)$/s.exec(new TextDecoder().decode(text)) ?? []
    if (Number(number) <= (this.#heard.get(deviceId) ?? 0)) return undefined
    this.#heard.set(deviceId, Number(number))
    return words
  }
}

const nameOf = (deviceId: string, index: number): string => `${index} ${deviceId}`
const of = (deviceId: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: ALGORITHM,
  iv,
  additionalData: new TextEncoder().encode(deviceId),
})

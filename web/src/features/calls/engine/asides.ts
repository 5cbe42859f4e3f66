import { type ShallowRef, shallowRef } from 'vue'
import type { Device } from './attendance.js'

/** The first byte of an aside. No JSON begins with it: a page of an earlier version takes it for nothing. */
const MARK = 1

export const asideBytes = (content: Uint8Array): Uint8Array => Uint8Array.of(MARK, ...content)

/** Undefined: these bytes are something else. */
export const asideOf = (bytes: Uint8Array): Uint8Array | undefined =>
  bytes[0] === MARK ? bytes.subarray(1) : undefined

/** The same where only texts can be said. */
export const asideText = (content: Uint8Array): string => `${String.fromCharCode(MARK)}${toBase64(content)}`

/** Undefined: this text is something else, or a peer has sent rubbish. */
export const asideOfText = (text: string): Uint8Array | undefined =>
  text.charCodeAt(0) === MARK ? fromBase64(text.slice(1)) : undefined

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
  } catch {
    // A peer may send anything.
    return undefined
  }
}

type Listener = (from: Device, content: Uint8Array) => void

/** The last ones of each device are kept until somebody listens: the part that understands them is fetched when the first one comes. */
const EARLY_LIMIT = 20

/**
 * What parts of the call that are fetched late say to the same part of the other devices: bytes to everybody who is connected, over the
 * encrypted connections that carry the sound.
 */
export class Asides {
  /** How many have come while nobody listened. */
  readonly early: ShallowRef<number> = shallowRef(0)
  #listener: Listener | undefined
  #early: Parameters<Listener>[] = []

  /** `say`: to everybody who is connected now. Nobody waits for it. */
  constructor(readonly say: (content: Uint8Array) => void) {}

  hear(from: Device, content: Uint8Array): void {
    if (this.#listener) this.#listener(from, content)
    else this.#keep(from, content)
  }

  /** One listener, which gets what has come before, too. */
  listen(listener: Listener): void {
    this.#listener = listener
    for (const early of this.#early.splice(0)) listener(...early)
  }

  /** The noise of one device hides no other, and not what that device says last. */
  #keep(from: Device, content: Uint8Array): void {
    const [oldest, ...rest] = this.#early.filter(([{ deviceId }]) => deviceId === from.deviceId)
    if (oldest && rest.length + 1 >= EARLY_LIMIT) this.#early.splice(this.#early.indexOf(oldest), 1)
    this.#early.push([from, content])
    this.early.value += 1
  }
}

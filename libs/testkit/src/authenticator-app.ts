import { createHmac } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 30_000

/** The app on a person's phone that shows codes (RFC 6238), written apart from the server's. */
export class AuthenticatorApp {
  readonly #secret: Buffer
  #last = 0

  /** Base32, as the person types it or the QR code says it. */
  constructor(secret: string) {
    const bits = [...secret.replace(/\s/g, '')].map((sign) => BASE32.indexOf(sign).toString(2).padStart(5, '0'))
    const bytes = bits.join('').match(/.{8}/g) ?? []
    this.#secret = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
  }

  /**
   * A code that it has not shown yet: the present one, and then the next one, which is taken half a minute early. For a third one within half
   * a minute there is none: throws.
   */
  code(now = Date.now()): string {
    const present = Math.floor(now / STEP_MS)
    this.#last = Math.max(present, this.#last + 1)
    if (this.#last > present + 1) throw new Error('codes of later steps are not taken yet: use a recovery code')
    return this.at(this.#last * STEP_MS)
  }

  /** The code of a time, Unix ms. */
  at(time: number): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(time / STEP_MS)))
    const mac = createHmac('sha1', this.#secret).update(counter).digest()
    const offset = (mac.at(-1) ?? 0) & 15
    return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
  }
}

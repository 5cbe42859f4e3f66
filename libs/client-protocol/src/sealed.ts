/**
 * Messages between one device and one service that nobody on the way can read: ECDH on P-256, HKDF-SHA-256 (RFC 5869), AES-256-GCM. A
 * device makes a pair of keys for each message; the nonce is random all the same, and goes before what is sealed: whoever asks again what
 * they have seen pass gets a second answer under the same keys. It protects from whoever listens, not from a server that hands out a key of
 * its own.
 * `web`: Web Crypto, here and there.
 */
export type WebCrypto = Pick<typeof globalThis.crypto, 'subtle' | 'getRandomValues'>

export interface SealKey {
  /** Uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly secret: Parameters<WebCrypto['subtle']['deriveBits']>[1]
}

/** One direction. */
export interface Seal {
  seal(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>
  /** Errors: OperationError when it was sealed for somebody else, or changed. */
  open(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const
const NONCE_BYTES = 12
/** What a sealed message is longer than the message: the nonce, and what shows a change. */
export const SEAL_BYTES = NONCE_BYTES + 16

export async function newSealKey({ subtle }: WebCrypto): Promise<SealKey> {
  const { publicKey, privateKey } = await subtle.generateKey(CURVE, false, ['deriveBits'])
  return { publicKey: new Uint8Array(await subtle.exportKey('raw', publicKey)), secret: privateKey }
}

/** What the device asks and what the service answers. Errors: DataError when a key is no point of the curve. */
export async function sealsOf(
  web: WebCrypto,
  { secret, publicKey }: SealKey,
  between: { readonly device: Uint8Array<ArrayBuffer>; readonly service: Uint8Array<ArrayBuffer> },
): Promise<{ readonly asked: Seal; readonly answered: Seal }> {
  const { subtle } = web
  const { device, service } = between
  const other = isSame(publicKey, device) ? service : device
  const theirs = await subtle.importKey('raw', other, CURVE, false, [])
  const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, secret, 256)
  const base = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const sealFor = async (what: string): Promise<Seal> => {
    const info = new Uint8Array([...new TextEncoder().encode(`beseda sealed ${what}`), ...device, ...service])
    const derived = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    const key = await subtle.deriveKey(derived, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    const way = (nonce: Uint8Array<ArrayBuffer>) => ({ name: 'AES-GCM', iv: nonce })
    return {
      seal: async (bytes) => {
        const nonce = web.getRandomValues(new Uint8Array(NONCE_BYTES))
        return new Uint8Array([...nonce, ...new Uint8Array(await subtle.encrypt(way(nonce), key, bytes))])
      },
      open: async (sealed) => {
        const [nonce, rest] = [sealed.slice(0, NONCE_BYTES), sealed.slice(NONCE_BYTES)]
        return new Uint8Array(await subtle.decrypt(way(nonce), key, rest))
      },
    }
  }
  return { asked: await sealFor('asked'), answered: await sealFor('answered') }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])

/**
 * Messages between one device and one service that nobody on the way can read: ECDH on P-256, HKDF-SHA-256 (RFC 5869), AES-256-GCM. Each
 * pair of keys seals one message in each direction, so the nonce may be constant. It protects from whoever listens, not from a server that
 * hands out a key of its own.
 * `subtle`: that of Web Crypto, here and there.
 */
export type Subtle = typeof globalThis.crypto.subtle

export interface SealKey {
  /** Uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly secret: Parameters<Subtle['deriveBits']>[1]
}

/** One direction. */
export interface Seal {
  seal(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>
  /** Errors: OperationError when it was sealed for somebody else, or changed. */
  open(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const
const NONCE = new Uint8Array(12)

export async function newSealKey(subtle: Subtle): Promise<SealKey> {
  const { publicKey, privateKey } = await subtle.generateKey(CURVE, false, ['deriveBits'])
  return { publicKey: new Uint8Array(await subtle.exportKey('raw', publicKey)), secret: privateKey }
}

/** What the device asks and what the service answers. Errors: DataError when a key is no point of the curve. */
export async function sealsOf(
  subtle: Subtle,
  { secret, publicKey }: SealKey,
  between: { readonly device: Uint8Array<ArrayBuffer>; readonly service: Uint8Array<ArrayBuffer> },
): Promise<{ readonly asked: Seal; readonly answered: Seal }> {
  const { device, service } = between
  const other = isSame(publicKey, device) ? service : device
  const theirs = await subtle.importKey('raw', other, CURVE, false, [])
  const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, secret, 256)
  const base = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const sealFor = async (what: string): Promise<Seal> => {
    const info = new Uint8Array([...new TextEncoder().encode(`beseda sealed ${what}`), ...device, ...service])
    const derived = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    const key = await subtle.deriveKey(derived, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    const way = { name: 'AES-GCM', iv: NONCE }
    return {
      seal: async (bytes) => new Uint8Array(await subtle.encrypt(way, key, bytes)),
      open: async (sealed) => new Uint8Array(await subtle.decrypt(way, key, sealed)),
    }
  }
  return { asked: await sealFor('asked'), answered: await sealFor('answered') }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])

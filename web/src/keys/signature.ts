/** Ed25519 (RFC 8032), in Chromium since 137, Firefox since 130, Safari since 17; only on secure pages. */
const ED25519 = 'Ed25519'

/** A pair whose private half never leaves the browser. Errors: NotSupportedError in an older browser; TypeError on an insecure page. */
export const makeKeyPair = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])) as CryptoKeyPair

export const rawKey = async (key: CryptoKey): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.exportKey('raw', key))

export const signWith = async (key: CryptoKey, statement: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign(ED25519, key, statement))

/** False also for a public key that is none. */
export async function isSignedBy(
  publicKey: Uint8Array,
  statement: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', Uint8Array.from(publicKey), ED25519, false, ['verify'])
    return await crypto.subtle.verify(ED25519, key, Uint8Array.from(signature), statement)
  } catch {
    // A key of the wrong length, or no point of the curve.
    return false
  }
}

const LINE = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i

/**
 * The SHA-256 fingerprint in a session description (RFC 8122), 32 bytes. Undefined: there is none, there are different ones, or there is
 * anything beside it that a browser might take for one; such a description must not be used.
 */
export function fingerprintOf(sdp: string): Uint8Array | undefined {
  const found = sdp.split(/\r\n|\r|\n/).flatMap((line) => LINE.exec(line)?.[1]?.toUpperCase() ?? [])
  const [first] = found
  const isWhole = found.length === (sdp.match(/fingerprint/gi) ?? []).length && !/a\s*=\s*crypto/i.test(sdp)
  if (first === undefined || !isWhole || found.some((other) => other !== first)) return undefined
  return Uint8Array.from(first.split(':'), (byte) => Number.parseInt(byte, 16))
}

/**
 * Whether a picture has several frames, by the beginning of its file. Which pictures move a reader is told beside a still picture of them.
 * WebP: the flag "animation" of the chunk VP8X (RFC 9649, 2.7.1). AVIF: the brand `avis` (ISO 14496-12, 4.3). GIF and APNG are chosen because they move.
 */
export function moves(bytes: Uint8Array, contentType: string): boolean {
  switch (contentType) {
    case 'image/webp':
      return textAt(bytes, 12, 4) === 'VP8X' && ((bytes[20] ?? 0) & 0x02) !== 0
    case 'image/avif':
      return brandsOf(bytes).includes('avis')
    default:
      return contentType === 'image/gif' || contentType === 'image/apng'
  }
}

/** Major and compatible brands of the box `ftyp`, with which the file begins. */
function brandsOf(bytes: Uint8Array): readonly string[] {
  if (bytes.length < 4) return []
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const end = Math.min(size, bytes.length, MOST_BRANDS)
  // Between the major brand and the others stands its version.
  return Array.from({ length: Math.max(0, Math.floor((end - 8) / 4)) }, (_, i) => textAt(bytes, 8 + i * 4, 4))
}

/** Bytes of `ftyp` that are read: a file that claims more is none that a browser shows. */
const MOST_BRANDS = 256

const textAt = (bytes: Uint8Array, start: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(start, start + length))

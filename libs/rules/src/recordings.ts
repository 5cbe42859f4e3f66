/**
 * Most pieces of one recording: six hours of two seconds each. More: a file that takes minutes to be made; fewer: long meetings are recorded in
 * two parts.
 */
export const MAX_PIECES = 10_800
/**
 * Least bytes of a piece, but for the last one. Two seconds of silence take more, so larger: an honest device waits longer before it sends;
 * smaller: a recording of many pieces with nothing in them.
 */
export const MIN_PIECE_BYTES = 256

/** Brands of MP4 files (ISO/IEC 14496-12) that are films or sound: such a box also begins pictures and documents. */
const FILM_BRANDS = /^(iso[\dm]|mp4\d|avc\d|M4[AV] |dash|cmf[\dc])$/
const EBML = [0x1a, 0x45, 0xdf, 0xa3]
/** Of the kind of document that an EBML file says it is: element 0x4282 with its length. */
const WEBM = [0x42, 0x82, 0x84, 0x77, 0x65, 0x62, 0x6d]
/** The header of an EBML file is shorter. */
const HEADER_BYTES = 64

/** Which of the formats that clients record a file has, by its first bytes; undefined: neither. */
export function recordingFormatOf(bytes: Uint8Array): 'mp4' | 'webm' | undefined {
  const text = (start: number, end: number) => String.fromCharCode(...bytes.subarray(start, end))
  if (text(4, 8) === 'ftyp' && FILM_BRANDS.test(text(8, 12))) return 'mp4'
  const isAt = (wanted: readonly number[], start: number) => wanted.every((byte, i) => bytes[start + i] === byte)
  if (!isAt(EBML, 0)) return undefined
  for (let at = EBML.length; at < HEADER_BYTES; at++) if (isAt(WEBM, at)) return 'webm'
  return undefined
}

/**
 * The mark of a message in its text: `BMRK`, then in hexadecimal the sender's clock (microseconds, 16 digits), the number of the message
 * (8) and its author (8). Numbers rise from 0 and are never used twice, so that each message can be matched at each member.
 */
const MARK = 'BMRK'
const AT_NUMBER = MARK.length + 16
const AT_AUTHOR = AT_NUMBER + 8
export const MARK_LENGTH = AT_AUTHOR + 8
const [B, M, R, K] = Buffer.from(MARK, 'latin1')

/** Microseconds of a clock that all processes of this host share. */
export const nowUs = () => Number(process.hrtime.bigint() / 1000n)

const hex = (/** @type {number} */ value, /** @type {number} */ digits) => value.toString(16).padStart(digits, '0')

/** A text of `size` bytes that carries its mark. @param {number} size @param {number} number @param {number} [author] */
export const stamped = (size, number, author = 0) =>
  `${MARK}${hex(nowUs(), 16)}${hex(number, 8)}${hex(author, 8)}`.padEnd(size, 'x')

/** @param {Buffer} bytes @param {number} from @param {number} to */
function hexAt(bytes, from, to) {
  let value = 0
  for (let at = from; at < to; at++) {
    const code = bytes[at] ?? 0
    value = value * 16 + (code < 58 ? code - 48 : code - 87)
  }
  return value
}

/** Finds marks. Frames of one server have theirs at the same place most of the time, so that place is looked at first: a search costs more than the rest of a frame. */
export class Marks {
  #place = 0

  /** The position of the first mark from a position on; -1: there is none. @param {Buffer} bytes @param {number} [from] */
  find(bytes, from = 0) {
    const at = this.#place
    if (at >= from && bytes[at] === B && bytes[at + 1] === M && bytes[at + 2] === R && bytes[at + 3] === K) return at
    const found = bytes.indexOf(MARK, from, 'latin1')
    if (from === 0 && found >= 0) this.#place = found
    return found
  }
}

/** @param {Buffer} bytes @param {number} at position of the mark */
export const numberAt = (bytes, at) => hexAt(bytes, at + AT_NUMBER, at + AT_AUTHOR)
/** @param {Buffer} bytes @param {number} at position of the mark */
export const authorAt = (bytes, at) => hexAt(bytes, at + AT_AUTHOR, at + MARK_LENGTH)
/** Microseconds since the text was stamped. @param {Buffer} bytes @param {number} at position of the mark */
export const ageAt = (bytes, at) => nowUs() - hexAt(bytes, at + MARK.length, at + AT_NUMBER)

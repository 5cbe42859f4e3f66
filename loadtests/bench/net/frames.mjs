/** The minimal WebSocket wire format of a client (RFC 6455): a library would be measured instead of the server. */

/** A frame from a client: masked, with a mask of zeros. @param {Uint8Array} payload @param {number} opcode */
export function clientFrame(payload, opcode) {
  const { length } = payload
  const head = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : undefined
  if (!head) throw new Error('too large for a benchmark')
  head[0] = /** @type {number} */ (head[0]) | 0x80
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload])
}

/** @param {string} host @param {string} path @param {string | undefined} protocol */
export const upgradeRequest = (host, path, protocol) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    '\r\n',
  ].join('\r\n')

/** Splits the bytes of one socket into the frames of a server. */
export class FrameReader {
  /** Bytes of an incomplete frame, and how many it needs. @type {Buffer[]} */
  #rest = []
  #have = 0
  #need = 0

  /** Calls back with the opcode and the payload of each whole frame. @param {Buffer} chunk @param {(opcode: number, payload: Buffer) => void} onFrame */
  read(chunk, onFrame) {
    let bytes = chunk
    if (this.#need > 0) {
      // Kept bytes are copied, because the chunk's memory is reused.
      this.#rest.push(Buffer.from(chunk))
      this.#have += chunk.length
      if (this.#have < this.#need) return
      bytes = Buffer.concat(this.#rest)
      this.#rest = []
      this.#need = 0
    }
    for (;;) {
      const whole = frameLength(bytes)
      if (whole.total > bytes.length) {
        if (bytes.length > 0) this.#keep(bytes, whole.total)
        return
      }
      onFrame(/** @type {number} */ (bytes[0]) & 15, bytes.subarray(whole.head, whole.total))
      bytes = bytes.subarray(whole.total)
    }
  }

  /** @param {Buffer} bytes @param {number} need */
  #keep(bytes, need) {
    this.#rest = [Buffer.from(bytes)]
    this.#have = bytes.length
    this.#need = need
  }
}

/** Length of the frame's head, and of the whole frame; at least one byte more than available when the head is incomplete. @param {Buffer} bytes */
function frameLength(bytes) {
  if (bytes.length < 2) return { head: 2, total: 2 }
  const short = /** @type {number} */ (bytes[1]) & 127
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return { head, total: head }
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  return { head, total: head + length }
}

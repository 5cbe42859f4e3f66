/**
 * Matches every message at every client: each message comes once, and those of one author in the order of their numbers. A client's messages
 * are one bit each, so that nothing is sampled and nothing estimated.
 */
export class Tally {
  /** Bits of the messages that each client has. @type {Uint8Array[]} */
  #seen
  /** The highest number that a client has from an author, plus one. */
  #last
  /** Clients that have a message. */
  #have = new Uint32Array(1024)
  doubled = 0
  disordered = 0

  /** @param {number} clients @param {number} authors numbers of both begin at 0 */
  constructor(clients, authors) {
    this.authors = authors
    this.#seen = Array.from({ length: clients }, () => new Uint8Array(128))
    this.#last = new Uint32Array(clients * authors)
  }

  /** A message has reached a client. @param {number} client @param {number} author @param {number} number */
  heard(client, author, number) {
    const [byte, bit] = [number >> 3, 1 << (number & 7)]
    let seen = /** @type {Uint8Array} */ (this.#seen[client])
    if (byte >= seen.length) {
      seen = grown(seen, byte)
      this.#seen[client] = seen
    }
    if (((seen[byte] ?? 0) & bit) !== 0) {
      this.doubled++
      return
    }
    seen[byte] = (seen[byte] ?? 0) | bit
    if (number >= this.#have.length) this.#have = grown(this.#have, number)
    this.#have[number] = (this.#have[number] ?? 0) + 1
    const place = client * this.authors + author
    if (number < (this.#last[place] ?? 0)) this.disordered++
    else this.#last[place] = number + 1
  }

  /** Clients that have the message. @param {number} number */
  holders(number) {
    return this.#have[number] ?? 0
  }

  /** Deliveries of the messages `from` to `to`, the last excluded, each counted once a client. @param {number} from @param {number} to */
  between(from, to) {
    let sum = 0
    for (let number = from; number < to; number++) sum += this.holders(number)
    return sum
  }
}

/** A copy with a place for the index. @template {Uint8Array | Uint32Array} T @param {T} array @param {number} index @returns {T} */
function grown(array, index) {
  let length = array.length
  while (length <= index) length *= 2
  const larger = /** @type {T} */ (new /** @type {any} */ (array.constructor)(length))
  larger.set(array)
  return larger
}

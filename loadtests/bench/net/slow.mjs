/** Clients that do not read at once are read in this many turns, one after another, over two seconds: until then their data is in the kernel. */
const TURNS = 100
const TURN_MS = 20
/** Sleep of a client that only polls. */
const LOOK_MS = 1
/** Time until all clients have read what arrived. */
const DRAIN_MS = 1_000

/** All clients but one in `oneIn` read now and then. With `oneIn` 1 there are none. */
export class SlowReaders {
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  #turn = 0

  /** @param {readonly import('./client.mjs').Client[]} clients @param {number} oneIn */
  constructor(clients, oneIn) {
    this.slow = clients.filter(({ index }) => index % oneIn !== 0)
  }

  start() {
    if (this.slow.length === 0) return
    clearInterval(this.#timer)
    for (const { socket } of this.slow) socket.pause()
    this.#timer = setInterval(() => {
      for (const socket of this.#ofTurn(this.#turn)) socket.pause()
      this.#turn++
      for (const socket of this.#ofTurn(this.#turn)) socket.resume()
    }, TURN_MS)
  }

  stop() {
    clearInterval(this.#timer)
  }

  /** Every client reads what has arrived. */
  async drain() {
    if (this.slow.length === 0) return
    this.stop()
    for (const { socket } of this.slow) socket.resume()
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS))
  }

  /** @param {number} turn */
  #ofTurn(turn) {
    return this.slow.filter(({ index }) => index % TURNS === turn % TURNS).map(({ socket }) => socket)
  }
}

/**
 * Sleeps where no packet wakes it, and polls then, as behind a network card that coalesces interrupts. Otherwise each packet to
 * a waiting process costs the sender, on the same machine, a signal to the other processor.
 */
export function lookNowAndThen() {
  const never = new Int32Array(new SharedArrayBuffer(4))
  const look = () => {
    Atomics.wait(never, 0, 0, LOOK_MS)
    setImmediate(look)
  }
  look()
}

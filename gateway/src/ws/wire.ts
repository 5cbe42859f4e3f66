import type { WebSocket } from 'uWebSockets.js'

/** A socket asks for no more while so much is unsent; below, it is written on. */
const LOW_WATER = 64 * 1024

/** The socket below: bytes out, and the end. */
export interface Wire {
  readonly address: string
  /** False: dropped, for too much is unsent already. */
  send(frame: Uint8Array): boolean
  /** What is sent meanwhile goes out with one write. */
  together(work: () => void): void
  follow(topic: string): void
  unfollow(topic: string): void
  buffered(): number
  /** Resolves when little is unsent, or the socket is gone. Undefined: so it is now. */
  drained(): Promise<void> | undefined
  /** Unix ms of the last sign of a reader that is waited for; infinity: nobody waits. */
  waitsSince(): number
  end(code: number, reason: string): void
  /** Without a word: nothing more can be said to a reader that does not read. */
  cut(): void
}

/** A uWebSockets.js socket, which throws when it is touched after its close. */
export class SocketWire<Data> implements Wire {
  #socket: WebSocket<Data> | undefined
  #waiting: { since: number; readonly resolve: (() => void)[] } | undefined

  constructor(
    socket: WebSocket<Data>,
    readonly address: string,
  ) {
    this.#socket = socket
  }

  send(frame: Uint8Array): boolean {
    return this.#socket === undefined || this.#socket.send(frame, true) !== 2
  }

  together(work: () => void): void {
    if (this.#socket) this.#socket.cork(work)
    else work()
  }

  follow(topic: string): void {
    this.#socket?.subscribe(topic)
  }

  unfollow(topic: string): void {
    this.#socket?.unsubscribe(topic)
  }

  buffered(): number {
    return this.#socket?.getBufferedAmount() ?? 0
  }

  drained(): Promise<void> | undefined {
    if (this.buffered() <= LOW_WATER) return undefined
    this.#waiting ??= { since: Date.now(), resolve: [] }
    const { resolve } = this.#waiting
    return new Promise((done) => resolve.push(done))
  }

  waitsSince(): number {
    return this.#waiting?.since ?? Number.POSITIVE_INFINITY
  }

  end(code: number, reason: string): void {
    const socket = this.#socket
    this.gone()
    socket?.end(code, reason)
  }

  cut(): void {
    const socket = this.#socket
    this.gone()
    socket?.close()
  }

  /** Something was written to the reader. */
  wrote(): void {
    if (!this.#waiting) return
    if (this.buffered() <= LOW_WATER) this.#release()
    else this.#waiting.since = Date.now()
  }

  /** The socket is closed, whoever did it. */
  gone(): void {
    this.#socket = undefined
    this.#release()
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (!waiting) return
    // Not from within uWebSockets.js: of what is sent while it tells of a drain, it forgets to write what did not go out at once.
    setImmediate(() => {
      for (const resolve of waiting.resolve) resolve()
    })
  }
}

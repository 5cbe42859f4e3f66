import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { serverFrame } from '../session/frames.js'
import { spreadMs } from '../session/spread.js'
import { Newcomers } from './newcomers.js'

/** Interval of the checks of deadlines and slow readers. Larger: both are noticed later; smaller: more work for a full gateway. */
const CHECK_MS = 1_000
/** Published bytes after which the checks run early, so that a reader that stalls in a burst is closed with a code while one still fits. */
const CHECK_BYTES = 4 * 1024 * 1024
/** From the time a client is told to leave by until its socket is closed. */
const GRACE_MS = 1_000

/** What the registry needs of a connection. */
export interface Registered {
  readonly isSignedIn: boolean
  check(now: number): void
  send(frame: Uint8Array): void
  close(code: CloseCode): void
}

/** All open connections of this gateway: their number, their checks, and their end. */
export class Connections {
  readonly #all = new Set<Registered>()
  readonly #timer: NodeJS.Timeout
  readonly #newcomers: Newcomers
  #leaving = false
  #publishedBytes = 0

  /** `max`: the most sockets; `mayOpen`: whether the gateway can bring another one up. */
  constructor(private readonly options: { readonly max: number; mayOpen(): boolean }) {
    this.#newcomers = new Newcomers(options.max)
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
  }

  get size(): number {
    return this.#all.size
  }

  /** Another socket may be opened from this address. */
  accepts(address: string): boolean {
    const hasRoom = !this.#leaving && this.#all.size < this.options.max && this.options.mayOpen()
    return hasRoom && this.#newcomers.accepts(address)
  }

  add(connection: Registered, address: string): void {
    this.#all.add(connection)
    this.#newcomers.add(connection, address)
  }

  remove(connection: Registered): void {
    this.#all.delete(connection)
    if (!connection.isSignedIn) this.#newcomers.remove(connection)
  }

  /** This many bytes more may be unsent, on any socket. */
  published(bytes: number): void {
    this.#publishedBytes += bytes
    if (this.#publishedBytes < CHECK_BYTES) return
    this.#publishedBytes = 0
    // Not now: what is being published is on its way through the sockets.
    setImmediate(() => this.#check())
  }

  /** Makes every signed-in client resume, spread over some seconds so that they do not all come back at once. */
  resumeAll(): void {
    const signedIn = this.#signedIn()
    const overMs = spreadMs(signedIn.length)
    for (const connection of signedIn) setTimeout(() => connection.close(CloseCode.RESUME), Math.random() * overMs)
  }

  /** Accepts nobody any more and sends everybody to another gateway, spread over `maxMs` at most. Resolves when all are closed. */
  async drain(maxMs: number): Promise<void> {
    this.#leaving = true
    const signedIn = this.#signedIn()
    const overMs = Math.min(spreadMs(signedIn.length), maxMs)
    const moved = signedIn.map(async (connection) => {
      const afterMs = Math.round(Math.random() * overMs)
      connection.send(serverFrame({ case: 'reconnect', value: { afterMs } }))
      await new Promise((resolve) => setTimeout(resolve, afterMs + GRACE_MS))
      connection.close(CloseCode.DRAINING)
    })
    await Promise.all(moved)
    for (const connection of [...this.#all]) connection.close(CloseCode.DRAINING)
    clearInterval(this.#timer)
  }

  #signedIn(): Registered[] {
    return [...this.#all].filter(({ isSignedIn }) => isSignedIn)
  }

  #check(): void {
    const now = Date.now()
    this.#publishedBytes = 0
    for (const connection of this.#all) connection.check(now)
    this.#newcomers.prune()
  }
}

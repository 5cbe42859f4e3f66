import type { HttpResponse } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

const FIRST_BYTES = 4_096
/**
 * Times the limit that is received, though not kept, so that the refusal is read: whoever still sends when the connection closes sees an error of
 * the network instead. Larger: strangers send without end.
 */
const MAX_EXCESS = 4

/** Memory for bodies that strangers send, bytes; beyond it they are refused. */
export class BodyRoom {
  constructor(private free: number) {}

  /** Errors: UNAVAILABLE. */
  take(bytes: number): void {
    if (bytes > this.free) throw new Refusal(ErrorReason.UNAVAILABLE)
    this.free -= bytes
  }

  giveBack(bytes: number): void {
    this.free += bytes
  }
}

/** A body that takes room until it is there, or until its sender has gone. */
interface Bounds {
  readonly room: BodyRoom
  readonly gone: AbortSignal
}

/**
 * The whole body; undefined if it is larger than the limit, bytes. One that goes on and on closes the connection. To be called before any await.
 * Errors: UNAVAILABLE, where there is no room.
 */
export const readBody = (res: HttpResponse, limit: number, bounds?: Bounds): Promise<Uint8Array | undefined> =>
  new Promise((resolve, reject) => {
    const body = new GrowingBody(limit, bounds?.room)
    let isOver = false
    const end = () => {
      isOver = true
      body.giveBack()
    }
    bounds?.gone.addEventListener('abort', end)
    res.onData((chunk, isLast) => {
      if (isOver) return
      try {
        body.add(chunk, isLast)
      } catch (error) {
        end()
        reject(error)
        return
      }
      const isEndless = body.size > MAX_EXCESS * limit
      if (!isLast && !isEndless) return
      end()
      resolve(body.size <= limit ? body.bytes : undefined)
      if (!isLast) res.close()
    })
  })

/** One buffer, whatever the pieces are: a body that comes byte by byte takes no more memory than another. */
class GrowingBody {
  #buffer = Buffer.alloc(0)
  size = 0
  #taken = 0

  constructor(
    private readonly limit: number,
    private readonly room: BodyRoom | undefined,
  ) {}

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.size)
  }

  /** uWebSockets.js reuses the chunk's memory. */
  add(chunk: ArrayBuffer, isLast: boolean): void {
    const from = this.size
    this.size += chunk.byteLength
    if (this.size > this.limit) {
      this.#buffer = Buffer.alloc(0)
      this.giveBack()
      return
    }
    if (this.size > this.#buffer.length) this.#grow(isLast)
    this.#buffer.set(new Uint8Array(chunk), from)
  }

  #grow(isLast: boolean): void {
    const wanted = isLast ? this.size : Math.min(this.limit, Math.max(FIRST_BYTES, this.size, 2 * this.#buffer.length))
    this.room?.take(wanted - this.#taken)
    this.#taken = wanted
    const larger = Buffer.allocUnsafeSlow(wanted)
    larger.set(this.#buffer)
    this.#buffer = larger
  }

  giveBack(): void {
    this.room?.giveBack(this.#taken)
    this.#taken = 0
  }
}

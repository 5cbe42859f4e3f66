import type { Clock } from '../../time/clock.js'
import { fromWire, unavailable } from '../errors.js'
import type { FrameValue } from './wire.js'

/** A request without an answer fails after this time. Shorter: a slow server fails; longer: a person waits in vain. */
const REQUEST_MS = 15_000

interface Pending {
  resolve(payload: Uint8Array): void
  reject(error: unknown): void
}

/** Requests sent over the socket that have no answer yet. */
export class PendingRequests {
  readonly #open = new Map<number, Pending>()
  #lastId = 0

  constructor(private readonly clock: Clock) {}

  /** Creates a request. `answer` resolves with the payload of the response; it rejects with the server's refusal, or UNAVAILABLE. */
  open(): { readonly id: number; readonly answer: Promise<Uint8Array> } {
    const id = ++this.#lastId
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      const cancel = this.clock.after(REQUEST_MS, () => this.#open.get(id)?.reject(unavailable()))
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          cancel()
          this.#open.delete(id)
          finish(value)
        }
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject) })
    })
    return { id, answer }
  }

  /** An answer to a request that has failed already is ignored. */
  answered({ id, payload, error }: FrameValue<'response'>): void {
    const request = this.#open.get(id)
    if (error) request?.reject(fromWire(error))
    else request?.resolve(payload)
  }

  /** The socket is closed: whether a request arrived is unknown. */
  failAll(): void {
    for (const { reject } of [...this.#open.values()]) reject(unavailable())
  }
}

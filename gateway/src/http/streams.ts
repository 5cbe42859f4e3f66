import type { HttpResponse } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Bytes of an upload that may wait for the object store before the sender is paused. */
const WINDOW_BYTES = 512 * 1024

export interface Upload {
  readonly stream: ReadableStream<Uint8Array>
  /** Why the stream broke, if it was the sender's fault. */
  refusal(): Refusal | undefined
  aborted(): boolean
  /** The whole body has arrived. */
  whole(): boolean
  /** Resolves when nothing more of the body comes: it is whole, or the sender has disconnected. */
  readonly over: Promise<void>
  /** To be called when nobody reads any more. */
  stop(): void
}

/** A request's body as a stream, which fails above the limit or when the sender disconnects. To be called before any await. */
export function uploadStream(res: HttpResponse, maxBytes: number): Upload {
  let size = 0
  let aborted = false
  let whole = false
  let paused = false
  let done = false
  let refusal: Refusal | undefined
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const resume = () => {
    if (paused && !aborted) res.resume()
    paused = false
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull: resume,
      cancel: () => {
        done = true
        resume()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: WINDOW_BYTES }),
  )
  const breakOff = (error: Error) => {
    if (!done) controller?.error(error)
    done = true
  }
  const { promise: over, resolve: isOver } = Promise.withResolvers<void>()
  res.onAborted(() => {
    aborted = true
    isOver()
    breakOff(new Error('the sender disconnected'))
  })
  res.onData((chunk, isLast) => {
    whole = isLast
    if (isLast) isOver()
    if (done) return
    size += chunk.byteLength
    if (size > maxBytes) {
      refusal = new Refusal(ErrorReason.TOO_LARGE, { limit: String(maxBytes) })
      breakOff(refusal)
      return
    }
    // uWebSockets.js reuses the chunk's memory.
    if (chunk.byteLength > 0) controller?.enqueue(new Uint8Array(chunk.slice(0)))
    if (isLast) {
      done = true
      controller?.close()
    } else if ((controller?.desiredSize ?? 0) <= 0) {
      paused = true
      res.pause()
    }
  })
  return {
    stream,
    refusal: () => refusal,
    aborted: () => aborted,
    whole: () => whole,
    over,
    stop: () => {
      done = true
      resume()
    },
  }
}

/** Sends a stream of a known length as fast as the receiver takes it. Resolves when it is sent or the receiver has disconnected. */
export async function sendStream(res: HttpResponse, stream: ReadableStream<Uint8Array>, total: number): Promise<void> {
  let gone = false
  let wake: () => void = () => undefined
  res.onAborted(() => {
    gone = true
    wake()
  })
  if (total === 0) {
    res.cork(() => void res.end())
    await stream.cancel()
    return
  }
  for await (const piece of stream) {
    if (gone) break
    await sendPiece(piece)
  }

  async function sendPiece(piece: Uint8Array): Promise<void> {
    const writable = new Promise<void>((resolve) => {
      wake = resolve
    })
    const begin = res.getWriteOffset()
    let ok = false
    res.cork(() => {
      ;[ok] = res.tryEnd(piece, total)
    })
    if (ok) return
    res.onWritable((offset) => {
      let accepted = false
      res.cork(() => {
        ;[accepted] = res.tryEnd(piece.subarray(offset - begin), total)
      })
      // The next piece must not be sent from within this handler: uWebSockets.js would never send what does not fit.
      if (accepted) setImmediate(wake)
      return accepted
    })
    await writable
  }
}

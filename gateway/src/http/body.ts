import type { HttpResponse } from 'uWebSockets.js'

/** The whole body; undefined if it is larger than the limit, bytes. To be called before any await. */
export const readBody = (res: HttpResponse, limit: number): Promise<Uint8Array | undefined> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    res.onData((chunk, isLast) => {
      size += chunk.byteLength
      // uWebSockets.js reuses the chunk's memory.
      if (size <= limit) chunks.push(Buffer.from(chunk.slice(0)))
      if (isLast) resolve(size <= limit ? Buffer.concat(chunks) : undefined)
    })
  })

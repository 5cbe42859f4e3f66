import { setTimeout as wait } from 'node:timers/promises'
import { directGet } from '@beseda/event-log'
import type { ObjectInfo } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'

/** Pieces per request, 128 KB each. A reader that stalls keeps this many in memory. */
const PIECES = 4
/** How long to wait for a replica that has not received the pieces of a new object yet. */
const LAG_MS = 2_000
const PAUSE_MS = 50

/**
 * Streams the bytes of an object at the reader's pace. `ObjectStore.get` is not used: it creates a consumer for every read, which
 * lives for five minutes (a stream has room for a thousand), and it does not wait for a slow reader. Errors the stream when pieces are
 * missing.
 */
export function readObject(
  nats: NatsConnection,
  bucket: string,
  { nuid, size }: Pick<ObjectInfo, 'nuid' | 'size'>,
): ReadableStream<Uint8Array> {
  let next = 1
  let left = size
  const piecesOf = async () => {
    for (const deadline = performance.now() + LAG_MS; ; await wait(PAUSE_MS)) {
      const query = { seq: next, next_by_subj: `$O.${bucket}.C.${nuid}`, batch: PIECES }
      const { messages } = await directGet(nats, `OBJ_${bucket}`, query)
      if (messages.length > 0) return messages
      if (performance.now() > deadline) throw new Error(`object ${nuid} ends ${left} bytes early`)
    }
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (const { data, headers } of left > 0 ? await piecesOf() : []) {
          controller.enqueue(data)
          left -= data.length
          next = Number(headers?.get('Nats-Sequence')) + 1
        }
        if (left <= 0) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

import { setTimeout as wait } from 'node:timers/promises'
import { directGet } from '@beseda/event-log'
import type { ObjectInfo } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'

/** Pieces of one answer, 128 KB each: so much is in memory for a reader that does not read on. */
const PIECES = 4
/** A replica that has not got the pieces of a new object yet has them after this. */
const PATIENCE_MS = 2_000
const PAUSE_MS = 50

/**
 * The bytes of an object as they are read. Not by `ObjectStore.get`: that makes a consumer for every reading, which stays for five
 * minutes, and a stream has room for a thousand of them; and it does not wait for a slow reader.
 */
export function readObject(
  nats: NatsConnection,
  bucket: string,
  { nuid, size }: Pick<ObjectInfo, 'nuid' | 'size'>,
): ReadableStream<Uint8Array> {
  let next = 1
  let left = size
  const piecesOf = async () => {
    for (const deadline = Date.now() + PATIENCE_MS; ; await wait(PAUSE_MS)) {
      const query = { seq: next, next_by_subj: `$O.${bucket}.C.${nuid}`, batch: PIECES }
      const { messages } = await directGet(nats, `OBJ_${bucket}`, query)
      if (messages.length > 0) return messages
      if (Date.now() > deadline) throw new Error(`object ${nuid} ends ${left} bytes early`)
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

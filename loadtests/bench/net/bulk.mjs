import { newId } from '@beseda/kernel'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'

/** Messages of one commit: as many as the group service puts into one. */
const EACH = 100
/** Appends under way at once, so that the server always has something to sync. */
const IN_FLIGHT = 64
/** Where a message's id stands until it gets its own. */
const PLACE = '00000000-0000-7000-8000-000000000000'

/**
 * Fills a log as fast as it takes commits: the bytes of one are made once, and only ids are written into each.
 * @param {{ messages: number, first?: number, text: string, authorId: string, publish(i: number, bytes: Uint8Array): Promise<unknown> }} options `first`: what the numbering of messages begins with; `publish`: of commit i
 */
export async function fillLog({ messages, first = 0, text, authorId, publish }) {
  const value = { messageId: PLACE, authorId, text }
  const event = { commandId: PLACE, actorId: authorId, version: 1, body: { case: 'messagePosted', value } }
  const init = { id: newId(), time: timestampNow(), events: Array.from({ length: EACH }, () => event) }
  const bytes = Buffer.from(toBinary(CommitSchema, create(CommitSchema, /** @type {any} */ (init))))
  /** Two of each message: the command's id is the message's. @type {number[]} */
  const places = []
  for (let at = bytes.indexOf(PLACE); at >= 0; at = bytes.indexOf(PLACE, at + 1)) places.push(at)
  let next = 0
  const lane = async () => {
    while (next * EACH < messages) {
      const i = next++
      for (const [n, at] of places.entries()) {
        bytes.write((first + i * EACH + (n >> 1)).toString(16).padStart(12, '0'), at + PLACE.length - 12, 'latin1')
      }
      await publish(i, bytes.subarray())
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

import { newId } from '@beseda/kernel'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

/** Events of one commit: the number that the group service puts into one. */
const EACH = 100
/** Reactions per message: folding one takes a fifth of the time of a message, and people react more often than they write. */
const EMOJIS = ['👍', '❤️', '😂']
/** Time between commits in the log: the view supports 2,048 messages per millisecond. */
const APART_MS = 2
/** Concurrent appends, so that the server always has something to sync. */
const IN_FLIGHT = 64
/** Placeholder for a message's id. */
const PLACE = '00000000-0000-7000-8000-000000000000'

/**
 * Fills a log as fast as it accepts commits: the bytes of one commit are built once, and only ids are written into each.
 * @param {{ events: number, first?: number, text: string, authorId: string, publish(i: number, bytes: Uint8Array): Promise<unknown> }} options `first`: number of the first event; `publish`: of commit i
 */
export async function fillLog({ events, first = 0, text, authorId, publish }) {
  const event = (/** @type {object} */ body) => ({ commandId: PLACE, actorId: authorId, version: 1, body })
  const message = event({ case: 'messagePosted', value: { messageId: PLACE, authorId, text } })
  const reactions = EMOJIS.map((emoji) =>
    event({ case: 'reactionChanged', value: { messageId: PLACE, emoji, present: true } }),
  )
  const of4 = [message, ...reactions]
  const init = { events: Array.from({ length: EACH }, (_, i) => of4[i % of4.length]) }
  const bytes = Buffer.from(toBinary(CommitSchema, create(CommitSchema, /** @type {any} */ (init))))
  /** Two ids per event: the command's, which is also the message's when it is posted, and the message's. @type {number[]} */
  const places = []
  for (let at = bytes.indexOf(PLACE); at >= 0; at = bytes.indexOf(PLACE, at + 1)) places.push(at)
  const began = Date.now() - (events / EACH) * APART_MS
  let next = 0
  const lane = async () => {
    while (next * EACH < events) {
      const i = next++
      for (const [n, at] of places.entries()) {
        const event = n >> 1
        const id = first + i * EACH + (n % 2 === 0 ? event : event - (event % of4.length))
        bytes.write(id.toString(16).padStart(12, '0'), at + PLACE.length - 12, 'latin1')
      }
      // Two concatenated protobuf messages are one message with the fields of both.
      const head = { id: newId(), time: timestampFromMs(began + i * APART_MS) }
      await publish(i, Buffer.concat([toBinary(CommitSchema, create(CommitSchema, head)), bytes]))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { call } from '../../engine/api.mjs'
import { Socket } from '../../engine/socket.mjs'
import { timesOf } from '../lib/measure.mjs'
import { Random } from '../lib/random.mjs'
import { Speech } from '../lib/words.mjs'

/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {{ author: Person, groupId: string }} Place */

/** A refusal "too many requests" would measure the waiting, not the work. */
const onLimited = () => {
  throw new Error('a rate limit was hit: the measurement is invalid')
}

/** @template T @param {number[]} times @param {() => Promise<T>} work */
async function timed(times, work) {
  const began = performance.now()
  const done = await work()
  times.push(performance.now() - began)
  return done
}

/**
 * Groups with all people, created one after another by alternating owners; the first ones are the warm-up.
 * @param {string} target @param {readonly Person[]} people @param {number} count @param {number} warmUp
 */
export async function createGroups(target, people, count, warmUp) {
  /** @type {number[]} */
  const times = []
  /** @type {Place[]} */
  const places = []
  for (let i = 0; i < count + warmUp; i++) {
    const author = /** @type {Person} */ (people[i % people.length])
    const memberIds = people.filter((person) => person !== author).map(({ id }) => id)
    const request = { commandId: newId(), kind: GroupKind.GROUP, name: `Bench ${i}`, memberIds }
    const { group } = await timed(times, () =>
      call({ target, token: author.token, onLimited }, GroupService.method.createGroup, request),
    )
    places.push({ author, groupId: group?.id ?? '' })
  }
  return { places, times: timesOf(times.slice(warmUp)) }
}

/** @typedef {(place: Place) => Promise<{ post(request: import('@bufbuild/protobuf').MessageInitShape<typeof GroupService.method.postMessage.input>): Promise<unknown>, close(): void }>} Way */

/** One HTTP request per message. @param {string} target @returns {Way} */
export const overHttp =
  (target) =>
  async ({ author: { token } }) => ({
    post: (request) => call({ target, token, onLimited }, GroupService.method.postMessage, request),
    close() {},
  })

/** Over the open socket of a device, as apps do. @param {string} target @returns {Way} */
export const overSocket =
  (target) =>
  async ({ author: { token } }) => {
    const socket = new Socket(target, { onMessage() {}, onClose() {} })
    await socket.join(token)
    return { post: (request) => socket.request(GroupService.method.postMessage, request), close: () => socket.close() }
  }

/**
 * Messages, each sent when the previous one is on disk; the first author is the warm-up.
 * @param {readonly Place[]} places @param {number} each messages of one author @param {Way} way
 */
export async function postMessages(places, each, way) {
  const [random, speech] = [new Random(4), new Speech()]
  /** @type {number[]} */
  const times = []
  for (const place of places) {
    const { post, close } = await way(place)
    for (let i = 0; i < each; i++) {
      const request = { messageId: newId(), groupId: place.groupId, text: speech.sentence(random) }
      await timed(times, () => post(request))
    }
    close()
  }
  return timesOf(times.slice(each))
}

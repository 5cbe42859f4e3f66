import { newId, uuidv7 } from '@beseda/kernel'
import { historyStream, historySubject, personalStream, readSubject } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, MessagePostedSchema, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { fold, storedCommit } from '../lib/commits.mjs'
import { Random } from '../lib/random.mjs'
import { rareWord, Speech } from '../lib/words.mjs'

export const PER_COMMIT = 20
export const RARE_EVERY = 50
/** Two words: each is in one message in ten, and no message has both. */
export const APART = [['leftward'], ['rightward']]
const APART_EVERY = 10
const MEMBERS = 100
const BATCH = 500
const BEHIND = 1_000
const PARTITION = 0
const STREAM = historyStream(PARTITION)

/** A group with a conversation: its commits are generated and folded, never stored. */
export class TalkingGroup {
  id = newId()
  members = Array.from({ length: MEMBERS }, newId)
  speech = new Speech()
  /** Messages so far. */
  size = 0
  /** One message id of every commit. @type {string[]} */
  someIds = []
  #random = new Random(2)
  /** The founding commit has sequence 1. */
  #seq = 1
  #at = Date.UTC(2026, 0, 1)
  #personalSeq = 0

  /** @param {import('@beseda/event-log').SqliteView} view */
  constructor(view) {
    this.view = view
    const [ownerId = ''] = this.members
    const value = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'Bench', ownerId, memberIds: this.members })
    const event = { commandId: this.id, actorId: ownerId, body: { case: /** @type {const} */ ('groupCreated'), value } }
    fold(view, STREAM, [this.#commit('group', 1, [event])], BATCH)
  }

  get lastSeq() {
    return this.#seq
  }

  /** Adds messages up to this number. Returns the time of folding (ms). @param {number} size */
  grow(size) {
    return fold(this.view, STREAM, this.#talk(size), BATCH)
  }

  *#talk(/** @type {number} */ size) {
    while (this.size < size) {
      this.#at += this.#random.between(1, 9)
      const events = Array.from({ length: PER_COMMIT }, () => this.#message())
      this.someIds.push(this.#random.of(events).commandId)
      yield this.#commit('messages', ++this.#seq, events)
    }
  }

  #message() {
    const said = this.speech.sentence(this.#random)
    const n = this.size++
    const text = [said, ...(n % RARE_EVERY === 0 ? [rareWord(n)] : []), ...(APART[n % APART_EVERY] ?? [])].join(' ')
    const authorId = this.#random.of(this.members)
    // Clients name messages by UUIDv7, so ids are roughly in the order of time.
    const messageId = uuidv7(this.#at, crypto.getRandomValues(new Uint8Array(10)))
    const value = create(MessagePostedSchema, { messageId, authorId, text })
    return { commandId: messageId, actorId: authorId, body: { case: /** @type {const} */ ('messagePosted'), value } }
  }

  #commit(/** @type {import('@beseda/proto').LaneName} */ lane, /** @type {number} */ seq, /** @type {any} */ events) {
    return storedCommit(
      { stream: STREAM, subject: historySubject(PARTITION, this.id, lane), seq, at: this.#at },
      events,
    )
  }

  /** Every member has read all but the last thousand messages. */
  fallBehind() {
    const behind = BEHIND / PER_COMMIT
    const seq = this.#seq > behind ? this.#seq - behind : 1
    const stream = personalStream(PARTITION)
    const marks = this.members.map((userId) => {
      const subject = readSubject(PARTITION, this.id, userId)
      const value = create(ReadMarkedSchema, { seq: BigInt(seq), index: PER_COMMIT - 1 })
      const event = { commandId: newId(), actorId: userId, body: { case: /** @type {const} */ ('readMarked'), value } }
      return storedCommit({ stream, subject, seq: ++this.#personalSeq, at: this.#at }, [event])
    })
    fold(this.view, stream, marks, BATCH)
  }
}

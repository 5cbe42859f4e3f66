// A process of people who write: each posts, waits for the answer, and posts again. See run.mjs.
import { newId } from '@beseda/kernel'
import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupService, PostMessageRequestSchema } from '@beseda/proto/group/v1/group_service'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { answerParent, openClients } from '../net/client.mjs'
import { ageOf, stamped } from '../net/frames.mjs'

/** First byte of a ServerFrame: field 2, a response; field 4, a commit. */
const RESPONSE = 0x12
const COMMIT = 0x22
/** The age is sampled from one commit in this many: searching for the mark costs the client more than the frame. */
const SAMPLE = 8

/** @typedef {{ client: import('../net/client.mjs').Client, groups: string[], turn: number, sentAt: number }} Writer */
/** @type {Map<number, Writer>} */
const writers = new Map()
let size = 200
let pauseMs = 0
/** Clients that are still waiting for an answer of an earlier round stop sending. */
let round = 0
let writing = false
let counting = false
const count = { acknowledged: 0, refused: 0, commits: 0 }
/** Microseconds. @type {number[]} */
let waits = []
/** @type {number[]} */
let ages = []

/** @param {Writer} writer @param {number} ofRound */
function post(writer, ofRound) {
  if (!writing || ofRound !== round) return
  const { client, groups } = writer
  const groupId = groups[writer.turn++ % groups.length] ?? ''
  const request = create(PostMessageRequestSchema, { messageId: newId(), groupId, text: stamped(size) })
  const { postMessage } = GroupService.method
  const payload = toBinary(PostMessageRequestSchema, request)
  const value = { id: writer.turn, service: GroupService.typeName, method: postMessage.name, payload }
  writer.sentAt = performance.now()
  client.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: { case: 'request', value } })))
}

/** @param {import('../net/client.mjs').Client} client @param {Buffer} payload */
function receive({ index }, payload) {
  const writer = writers.get(index)
  if (payload[0] === COMMIT && counting && count.commits++ % SAMPLE === 0) {
    const age = ageOf(payload)
    if (age !== undefined) ages.push(age)
  }
  if (payload[0] !== RESPONSE || !writer) return
  const { frame } = fromBinary(ServerFrameSchema, payload)
  if (frame.case !== 'response') return
  if (counting) {
    if (frame.value.error) count.refused++
    else count.acknowledged++
    waits.push((performance.now() - writer.sentAt) * 1000)
  }
  const ofRound = round
  if (pauseMs === 0) post(writer, ofRound)
  else setTimeout(() => post(writer, ofRound), pauseMs * (0.5 + Math.random()))
}

answerParent({
  open: async (/** @type {import('../net/client.mjs').Order & { groups: string[][], size: number }} */ order) => {
    size = order.size
    for (const client of await openClients(order, receive)) {
      writers.set(client.index, { client, groups: order.groups[client.index] ?? [], turn: 0, sentAt: 0 })
    }
  },
  write: (/** @type {{ pauseMs: number }} */ order) => {
    pauseMs = order.pauseMs
    writing = true
    const ofRound = ++round
    for (const writer of writers.values()) {
      if (writer.groups.length > 0) setTimeout(() => post(writer, ofRound), Math.random() * Math.max(20, pauseMs))
    }
  },
  begin: () => {
    counting = true
    Object.assign(count, { acknowledged: 0, refused: 0, commits: 0 })
    waits = []
    ages = []
  },
  end: () => {
    counting = false
    return { ...count, waits, ages }
  },
  stop: () => {
    writing = false
  },
})

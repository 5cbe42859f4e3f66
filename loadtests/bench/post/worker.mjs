// A process of people who write: each posts, waits for the answer, and posts again. Every message is matched at every member. See run.mjs.
import { newId } from '@beseda/kernel'
import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupService, PostMessageRequestSchema } from '@beseda/proto/group/v1/group_service'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { answerParent, openClients } from '../net/client.mjs'
import { ageAt, authorAt, MARK_LENGTH, Marks, numberAt, stamped } from '../net/mark.mjs'
import { Posted } from './posted.mjs'

/** First byte of a ServerFrame: field 2, a response; field 4, a commit. */
const RESPONSE = 0x12
const COMMIT = 0x22
/** The age is sampled from one message in this many: reading the clock costs the client more than the frame. */
const SAMPLE = 8
/** What has not arrived this long after the last message is lost. */
const PATIENCE_MS = 10_000
const LOOK_MS = 50

/** @typedef {{ client: import('../net/client.mjs').Client, groups: number[], turn: number, number: number, sentAt: number }} Writer */
/** @type {Map<number, Writer>} */
const writers = new Map()
const marks = new Marks()
/** @type {string[]} */
let groupIds = []
let posted = new Posted([], 0)
let size = 200
let pauseMs = 0
/** Clients that are still waiting for an answer of an earlier round stop sending. */
let round = 0
let writing = false
let counting = false
const count = { acknowledged: 0, refused: 0, deliveries: 0 }
/** Microseconds. @type {number[]} */
let waits = []
/** @type {number[]} */
let ages = []

/** @param {Writer} writer @param {number} ofRound */
function post(writer, ofRound) {
  if (!writing || ofRound !== round) return
  const { client, groups } = writer
  const group = groups[writer.turn++ % groups.length] ?? 0
  writer.number = posted.sent(group)
  const message = {
    messageId: newId(),
    groupId: groupIds[group] ?? '',
    text: stamped(size, writer.number, client.index),
  }
  const { postMessage } = GroupService.method
  const payload = toBinary(PostMessageRequestSchema, create(PostMessageRequestSchema, message))
  const value = { id: writer.turn, service: GroupService.typeName, method: postMessage.name, payload }
  writer.sentAt = performance.now()
  client.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: { case: 'request', value } })))
}

/** A commit has one message or several. @param {number} client @param {Buffer} payload */
function received(client, payload) {
  for (let at = marks.find(payload); at >= 0; at = marks.find(payload, at + MARK_LENGTH)) {
    posted.heard(client, authorAt(payload, at), numberAt(payload, at))
    if (counting && count.deliveries++ % SAMPLE === 0) ages.push(ageAt(payload, at))
  }
}

/** @param {Writer} writer @param {Buffer} payload */
function answered(writer, payload) {
  const { frame } = fromBinary(ServerFrameSchema, payload)
  if (frame.case !== 'response') return
  posted.answered(writer.number, frame.value.error === undefined)
  if (counting) {
    if (frame.value.error) count.refused++
    else count.acknowledged++
    waits.push((performance.now() - writer.sentAt) * 1000)
  }
  const ofRound = round
  if (pauseMs === 0) post(writer, ofRound)
  else setTimeout(() => post(writer, ofRound), pauseMs * (0.5 + Math.random()))
}

/** @param {import('../net/client.mjs').Client} client @param {Buffer} payload */
function receive({ index }, payload) {
  if (payload[0] === COMMIT) received(index, payload)
  const writer = writers.get(index)
  if (writer && payload[0] === RESPONSE) answered(writer, payload)
}

answerParent({
  open: async (
    /** @type {import('../net/client.mjs').Order & { groups: number[][], groupIds: string[], size: number }} */ order,
  ) => {
    size = order.size
    groupIds = order.groupIds
    posted = new Posted(order.groups, groupIds.length)
    for (const client of await openClients(order, receive)) {
      const groups = order.groups[client.index] ?? []
      writers.set(client.index, { client, groups, turn: 0, number: 0, sentAt: 0 })
    }
  },
  write: (/** @type {{ pauseMs: number }} */ order) => {
    pauseMs = order.pauseMs
    writing = true
    const ofRound = ++round
    // Over the length of a pause, so that they do not all begin at once.
    const spreadMs = pauseMs === 0 ? 20 : pauseMs
    for (const writer of writers.values()) {
      if (writer.groups.length > 0) setTimeout(() => post(writer, ofRound), Math.random() * spreadMs)
    }
  },
  begin: () => {
    counting = true
    Object.assign(count, { acknowledged: 0, refused: 0, deliveries: 0 })
    waits = []
    ages = []
  },
  end: () => {
    counting = false
    return { ...count, waits, ages }
  },
  /** Nobody writes any more; what became of everything that was ever posted. */
  stop: async () => {
    writing = false
    const until = performance.now() + PATIENCE_MS
    while (!posted.isSettled && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    return posted.outcome()
  },
})

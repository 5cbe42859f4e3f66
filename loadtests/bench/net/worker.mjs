// A process of raw clients that listen: the parent tells it what to open, and it matches what arrives. See crowd.mjs.
import { answerParent, comebacks, openClients } from './client.mjs'
import { ageAt, authorAt, MARK_LENGTH, Marks, numberAt } from './mark.mjs'
import { lookNowAndThen, SlowReaders } from './slow.mjs'
import { Tally } from './tally.mjs'

/** Ages are sampled from one frame in this many: reading the clock costs the client more than the frame. */
const SAMPLE = 16
/** What has not arrived this long after the last message is lost. */
const PATIENCE_MS = 5_000
const LOOK_MS = 20

const marks = new Marks()
let counting = false
let messages = 0
let frames = 0
/** @type {number[]} */
let ages = []
/** @type {import('./client.mjs').Client[]} */
let clients = []
/** One client in this many reads at once. */
let oneIn = 1
let tally = new Tally(0, 1)
let slow = new SlowReaders([], 1)

/** @param {import('./client.mjs').Client} client @param {Buffer} payload @param {boolean} many */
function count({ index }, payload, many) {
  let at = marks.find(payload)
  if (at < 0) return
  const isSample = oneIn > 1 ? index % oneIn === 0 : frames++ % SAMPLE === 0
  if (counting && isSample) ages.push(ageAt(payload, at))
  for (; at >= 0; at = many ? marks.find(payload, at + MARK_LENGTH) : -1) {
    if (counting) messages++
    tally.heard(index, authorAt(payload, at), numberAt(payload, at))
  }
}

/** Waits until every client has the messages, or for {@link PATIENCE_MS}. @param {number} from @param {number} to */
async function settled(from, to) {
  const wanted = (to - from) * clients.length
  const until = performance.now() + PATIENCE_MS
  while (tally.between(from, to) < wanted && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return wanted - tally.between(from, to)
}

answerParent({
  open: async (/** @type {import('./client.mjs').Order} */ order) => {
    const many = order.many ?? false
    oneIn = order.oneIn ?? 1
    tally = new Tally(order.count, 1)
    clients = await openClients(order, (client, payload) => count(client, payload, many))
    slow = new SlowReaders(clients, oneIn)
    slow.start()
    if (order.lookOnly) lookNowAndThen()
    return comebacks()
  },
  begin: async () => {
    await slow.drain()
    slow.start()
    counting = true
    messages = 0
    ages = []
    Object.assign(tally, { doubled: 0, disordered: 0 })
  },
  /** Ends the time that counts. */
  pause: async () => {
    await slow.drain()
    counting = false
    return { messages, ages, closed: clients.filter(({ socket }) => socket.destroyed).length }
  },
  /** What became of the messages `from` to `to`, the last excluded. */
  match: async (/** @type {{ from: number, to: number }} */ { from, to }) => {
    const lost = await settled(from, to)
    slow.start()
    return { lost, doubled: tally.doubled, disordered: tally.disordered }
  },
  close: () => {
    slow.stop()
    for (const { socket } of clients) socket.destroy()
    clients = []
  },
})

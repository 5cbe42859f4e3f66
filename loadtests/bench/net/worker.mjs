// A process of raw clients that listen: the parent tells it what to open, and it counts what arrives. See crowd.mjs.
import { answerParent, comebacks, openClients } from './client.mjs'
import { ageOf, MARK } from './frames.mjs'

/** Ages are sampled from one frame in this many: searching for the mark costs the client more than the frame. */
const SAMPLE = 16

/** Clients that do not read at once are read in this many turns, one after another, over two seconds: until then their data is in the kernel. */
const TURNS = 100
const TURN_MS = 20
/** Sleep of a client that only polls. */
const LOOK_MS = 1
/** Time until all clients have read what arrived. */
const DRAIN_MS = 1_000

let counting = false
let messages = 0
let frames = 0
/** @type {number[]} */
let ages = []
/** @type {import('./client.mjs').Client[]} */
let clients = []
/** One client in this many reads at once. */
let oneIn = 1
let turn = 0
/** @type {NodeJS.Timeout | undefined} */
let turns

/** @param {import('./client.mjs').Client} client @param {Buffer} payload @param {boolean} many */
function count({ index }, payload, many) {
  if (!counting) return
  if (many) {
    for (let at = payload.indexOf(MARK); at >= 0; at = payload.indexOf(MARK, at + 1)) messages++
  } else messages++
  if (oneIn > 1 ? index % oneIn !== 0 : frames++ % SAMPLE !== 0) return
  const age = ageOf(payload)
  if (age !== undefined) ages.push(age)
}

/** Clients that do not read at once, of one turn or of all. @param {(socket: import('node:net').Socket) => void} work @param {number} [ofTurn] */
function forSlow(work, ofTurn) {
  for (const { index, socket } of clients) {
    if (index % oneIn !== 0 && (ofTurn === undefined || index % TURNS === ofTurn % TURNS)) work(socket)
  }
}

function readInTurns() {
  if (oneIn === 1) return
  forSlow((socket) => void socket.pause())
  turns = setInterval(() => {
    forSlow((socket) => void socket.pause(), turn)
    turn++
    forSlow((socket) => void socket.resume(), turn)
  }, TURN_MS)
}

/**
 * Sleeps where no packet wakes it, and polls then, as behind a network card that coalesces interrupts. Otherwise each packet to
 * a waiting process costs the sender, on the same machine, a signal to the other processor.
 */
function lookNowAndThen() {
  const never = new Int32Array(new SharedArrayBuffer(4))
  const look = () => {
    Atomics.wait(never, 0, 0, LOOK_MS)
    setImmediate(look)
  }
  look()
}

/** Every client reads what has arrived. */
async function drain() {
  if (oneIn === 1) return
  clearInterval(turns)
  forSlow((socket) => void socket.resume())
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS))
}

answerParent({
  open: async (/** @type {import('./client.mjs').Order} */ order) => {
    const many = order.many ?? false
    oneIn = order.oneIn ?? 1
    clients = await openClients(order, (client, payload) => count(client, payload, many))
    readInTurns()
    if (order.lookOnly) lookNowAndThen()
    return comebacks()
  },
  begin: async () => {
    await drain()
    readInTurns()
    counting = true
    messages = 0
    ages = []
  },
  end: async () => {
    await drain()
    readInTurns()
    counting = false
    return { messages, ages, closed: clients.filter(({ socket }) => socket.destroyed).length }
  },
  close: () => {
    clearInterval(turns)
    for (const { socket } of clients) socket.destroy()
    clients = []
  },
})

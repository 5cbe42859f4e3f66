// A process of raw clients that listen: told by its parent what to open, it counts what comes. See crowd.mjs.
import { answerParent, comebacks, openClients } from './client.mjs'
import { ageOf, MARK } from './frames.mjs'

/** Ages are taken from one frame in so many: looking for the mark costs the client more than the frame. */
const SAMPLE = 16

/** Who does not read at once reads in so many turns, one after another, over two seconds: what has come by then is in the kernel. */
const TURNS = 100
const TURN_MS = 20
/** How long a client that looks only now and then sleeps. */
const LOOK_MS = 1
/** So long takes what has come to be read by everybody. */
const DRAIN_MS = 1_000

let counting = false
let messages = 0
let frames = 0
/** @type {number[]} */
let ages = []
/** @type {import('./client.mjs').Client[]} */
let clients = []
/** Of so many clients one reads at once. */
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

/** Those who do not read at once, of one turn or of all. @param {(socket: import('node:net').Socket) => void} work @param {number} [ofTurn] */
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
 * Sleeps where no packet wakes it, and looks then what has come, as behind a network card that gathers interrupts. Else each packet to
 * a process that waits for it costs the sender, on the same machine, a signal to the other processor.
 */
function lookNowAndThen() {
  const never = new Int32Array(new SharedArrayBuffer(4))
  const look = () => {
    Atomics.wait(never, 0, 0, LOOK_MS)
    setImmediate(look)
  }
  look()
}

/** Everybody reads what has come. */
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

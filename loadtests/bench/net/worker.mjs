// A process of raw clients that listen: told by its parent what to open, it counts what comes. See crowd.mjs.
import { answerParent, comebacks, openClients } from './client.mjs'
import { ageOf, MARK } from './frames.mjs'

/** Ages are taken from one frame in so many: looking for the mark costs the client more than the frame. */
const SAMPLE = 16

let counting = false
let messages = 0
let frames = 0
/** @type {number[]} */
let ages = []
/** @type {import('./client.mjs').Client[]} */
let clients = []

/** @param {Buffer} payload @param {boolean} many */
function count(payload, many) {
  if (!counting) return
  if (many) {
    for (let at = payload.indexOf(MARK); at >= 0; at = payload.indexOf(MARK, at + 1)) messages++
  } else messages++
  if (frames++ % SAMPLE !== 0) return
  const age = ageOf(payload)
  if (age !== undefined) ages.push(age)
}

answerParent({
  open: async (/** @type {import('./client.mjs').Order} */ order) => {
    const many = order.many ?? false
    clients = await openClients(order, (_, payload) => count(payload, many))
    return comebacks()
  },
  begin: () => {
    counting = true
    messages = 0
    ages = []
  },
  end: () => {
    counting = false
    return { messages, ages, closed: clients.filter(({ socket }) => socket.destroyed).length }
  },
  close: () => {
    for (const { socket } of clients) socket.destroy()
    clients = []
  },
})

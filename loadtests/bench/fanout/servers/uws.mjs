// The limit: uWebSockets.js that only publishes. With GATHER_MS, what comes within that time after the first message goes out together, with
// one write for each socket.
import uws from 'uWebSockets.js'
import { serve } from './serve.mjs'

const gatherMs = Number(process.env.GATHER_MS ?? 0)
/** @type {Buffer[]} */
let gathered = []

const app = uws.App().ws('/', {
  idleTimeout: 0,
  maxBackpressure: 64 * 1024 * 1024,
  open: (ws) => void ws.subscribe('room'),
})

const flush = () => {
  for (const bytes of gathered) app.publish('room', bytes, true)
  gathered = []
}

/** @param {Buffer} bytes */
function publish(bytes) {
  gathered.push(bytes)
  if (gatherMs === 0) flush()
  else if (gathered.length === 1) setTimeout(flush, gatherMs)
}

app.listen('127.0.0.1', 0, (socket) => serve(uws.us_socket_local_port(socket), publish))

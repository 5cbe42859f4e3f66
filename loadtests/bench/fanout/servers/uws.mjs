// The limit: uWebSockets.js that only publishes.
import uws from 'uWebSockets.js'
import { serve } from './serve.mjs'

const app = uws.App().ws('/', {
  idleTimeout: 0,
  maxBackpressure: 64 * 1024 * 1024,
  open: (ws) => void ws.subscribe('room'),
})
app.listen('127.0.0.1', 0, (socket) =>
  serve(uws.us_socket_local_port(socket), (bytes) => void app.publish('room', bytes, true)),
)

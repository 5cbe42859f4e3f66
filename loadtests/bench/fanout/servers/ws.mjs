// The library `ws`: the frame is built once, and written to each socket.
import { WebSocketServer } from 'ws'
import { serve } from './serve.mjs'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 })
server.once('listening', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  serve(port, (bytes) => {
    for (const client of server.clients) client.send(bytes, { binary: true })
  })
})

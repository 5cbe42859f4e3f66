import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { isPing } from '../session/frames.js'
import { Connection } from './connection.js'
import type { Hub } from './hub.js'
import { SocketWire } from './wire.js'

const SUBPROTOCOL = 'beseda.v1'
/** Seconds of silence after which a socket is taken for dead; clients send a Ping every 15 s. */
const IDLE_SECONDS = 60
/**
 * Beyond, uWebSockets.js drops frames, and only the first of them with a notice: a socket is closed long before
 * (MAX_BUFFERED of its connection), as its close must still find room here.
 */
const MAX_BACKPRESSURE = 16 * 1024 * 1024

/** What a socket carries; all fields from the start, for one that is added later takes another 40 bytes. */
interface Held {
  readonly address: string
  wire: SocketWire<Held> | undefined
  connection: Connection | undefined
}

/** `/ws`: one Connection a socket. */
export function serveSockets(
  app: TemplatedApp,
  hub: Hub,
  addressOf: (res: HttpResponse, req: HttpRequest) => string,
): void {
  app.ws<Held>('/ws', {
    maxPayloadLength: MAX_FRAME_BYTES,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: false,
    maxBackpressure: MAX_BACKPRESSURE,
    upgrade: (res, req, context) => {
      if (hub.accepts()) upgrade(res, req, context, addressOf(res, req))
      // A close code cannot be sent yet: the client takes it for a lost connection and comes back after a random time.
      else res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '5').end('full\n')
    },
    open: (ws) => {
      const data = ws.getUserData()
      data.wire = new SocketWire(ws, data.address)
      data.connection = new Connection(data.wire, hub)
      hub.opened(data.connection)
    },
    message: (ws, message, isBinary) => {
      const { connection } = ws.getUserData()
      if (!isBinary) connection?.close(CloseCode.PROTOCOL_ERROR)
      else if (isPing(new Uint8Array(message))) connection?.pinged()
      // The buffer is reused after this handler, and parts of the frame outlive it.
      else connection?.receive(new Uint8Array(message.slice(0)))
    },
    drain: (ws) => ws.getUserData().wire?.wrote(),
    // Not from within: what is being published is on its way through all sockets.
    dropped: (ws) => {
      const { connection } = ws.getUserData()
      setImmediate(() => connection?.overrun())
    },
    close: (ws) => {
      const { wire, connection } = ws.getUserData()
      wire?.gone()
      connection?.ended()
    },
  })
}

function upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t, address: string): void {
  const offered = req
    .getHeader('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim())
  if (!offered.includes(SUBPROTOCOL)) {
    res.writeStatus('400 Bad Request').end(`the subprotocol is ${SUBPROTOCOL}\n`)
    return
  }
  const [key, extensions] = [req.getHeader('sec-websocket-key'), req.getHeader('sec-websocket-extensions')]
  res.upgrade<Held>({ address, wire: undefined, connection: undefined }, key, SUBPROTOCOL, extensions, context)
}

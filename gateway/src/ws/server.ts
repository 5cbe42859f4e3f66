import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js'
import { MAX_FRAME_BYTES } from '@beseda/kernel'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { Connection } from './connection.js'
import type { Hub } from './hub.js'

const SUBPROTOCOL = 'beseda.v1'
/** Seconds of silence after which a socket is taken for dead; clients send a Ping every 20 s. */
const IDLE_SECONDS = 60

interface Held {
  readonly address: string
  wire?: ReturnType<typeof wireOf>
  connection?: Connection
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
    maxBackpressure: 8 * 1024 * 1024,
    upgrade: (res, req, context) => upgrade(res, req, context, addressOf(res, req)),
    open: (ws) => {
      const data = ws.getUserData()
      data.wire = wireOf(ws, data.address)
      data.connection = new Connection(data.wire, hub)
    },
    message: (ws, message, isBinary) => {
      const { connection } = ws.getUserData()
      // The buffer is reused after this handler, and parts of the frame outlive it.
      if (isBinary) connection?.receive(new Uint8Array(message.slice(0)))
      else connection?.close(CloseCode.PROTOCOL_ERROR)
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
  res.upgrade<Held>({ address }, key, SUBPROTOCOL, extensions, context)
}

/** uWebSockets.js throws when a socket is touched after its close. */
function wireOf(ws: WebSocket<Held>, address: string) {
  let open = true
  return {
    address,
    send: (frame: Uint8Array) => {
      if (open) ws.send(frame, true)
    },
    buffered: () => (open ? ws.getBufferedAmount() : 0),
    end: (code: number, reason: string) => {
      if (open) ws.end(code, reason)
      open = false
    },
    gone: () => {
      open = false
    },
  }
}

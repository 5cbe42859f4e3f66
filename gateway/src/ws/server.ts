import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import type { AddressOf } from '../http/address.js'
import { isForeign } from '../http/origin.js'
import { isPing } from '../session/frames.js'
import { Connection } from './connection.js'
import type { Connections } from './connections.js'
import type { ConnectionPorts } from './ports.js'
import { SocketWire } from './wire.js'

const SUBPROTOCOL = 'beseda.v1'
/** Seconds of silence after which a socket is considered dead; clients send a Ping every 15 s. */
const IDLE_SECONDS = 60
/**
 * Unsent bytes beyond which uWebSockets.js drops frames, and reports only the first. A socket is closed long before (MAX_BUFFERED of its
 * connection): the close itself must still fit in here.
 */
const MAX_BACKPRESSURE = 16 * 1024 * 1024

/** What a socket carries. All fields exist from the start: adding one later costs 40 bytes. */
interface SocketData {
  readonly address: string
  wire: SocketWire<SocketData> | undefined
  connection: Connection | undefined
}

export interface SocketServerParts {
  readonly connections: Pick<Connections, 'accepts' | 'add'>
  readonly ports: ConnectionPorts
  readonly addressOf: AddressOf
  /** A socket was refused. */
  readonly turnedAway: () => void
  /** The address of the installation; undefined: not known, and pages from everywhere may open sockets. */
  readonly publicUrl: string | undefined
}

/** `/ws`: one Connection for each socket. */
export function serveSockets(
  app: TemplatedApp,
  { connections, ports, addressOf, turnedAway, publicUrl }: SocketServerParts,
): void {
  app.ws<SocketData>('/ws', {
    maxPayloadLength: MAX_FRAME_BYTES,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: false,
    maxBackpressure: MAX_BACKPRESSURE,
    upgrade: (res, req, context) => {
      if (isForeign(req.getHeader('origin'), req.getHeader('host'), publicUrl)) {
        turnedAway()
        res.writeStatus('403 Forbidden').end('this Origin is not the PUBLIC_URL of this installation\n')
        return
      }
      const address = addressOf(res, req)
      if (connections.accepts(address)) {
        upgrade(res, req, context, address)
        return
      }
      turnedAway()
      // A close code cannot be sent yet: the client takes this for a lost connection and comes back after a random time.
      res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '5').end('full\n')
    },
    open: (ws) => {
      const data = ws.getUserData()
      data.wire = new SocketWire(ws, data.address)
      data.connection = new Connection(data.wire, ports)
      connections.add(data.connection, data.address)
    },
    message: (ws, message, isBinary) => {
      const { connection } = ws.getUserData()
      if (!isBinary) connection?.close(CloseCode.PROTOCOL_ERROR)
      else if (isPing(new Uint8Array(message))) connection?.pinged()
      // The buffer is reused after this handler, and parts of the frame outlive it.
      else connection?.receive(new Uint8Array(message.slice(0)))
    },
    drain: (ws) => ws.getUserData().wire?.wrote(),
    // Not from within this handler: what is being published is on its way through all sockets.
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
  res.upgrade<SocketData>({ address, wire: undefined, connection: undefined }, key, SUBPROTOCOL, extensions, context)
}

import { log } from '../../diagnostics/log.js'
import { systemClock } from '../../time/clock.js'
import { accessToken, expireAccessToken, session } from '../session.js'
import type { LinkParts, Socket, SocketListener, Surroundings } from './link-ports.js'
import { ticksWhileHidden } from './ticks-while-hidden.js'

/** While the window is hidden; the gateway closes a socket that is silent for a minute. */
const HIDDEN_PING_MS = 20_000

function openSocket(listener: SocketListener): Socket {
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'beseda.v1')
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => listener.opened()
  socket.onmessage = ({ data }) => listener.message(new Uint8Array(data as ArrayBuffer))
  socket.onclose = ({ code }) => listener.closed(code)
  return {
    get status() {
      if (socket.readyState === WebSocket.CONNECTING) return 'connecting'
      return socket.readyState === WebSocket.OPEN ? 'open' : 'closed'
    },
    send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>),
    close: (code) => socket.close(code),
  }
}

const surroundings: Surroundings = {
  online: () => navigator.onLine,
  watch: (listener) => {
    window.addEventListener('online', () => listener.back())
    window.addEventListener('offline', () => listener.offline())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') listener.back()
    })
    ticksWhileHidden(HIDDEN_PING_MS, () => listener.hiddenTick())
  },
}

/** The parts of a link in a browser. */
export const browserLinkParts: LinkParts = {
  clock: systemClock,
  random: () => Math.random(),
  tokens: { access: accessToken, expire: expireAccessToken, expiresAt: () => session.value?.expiresAt ?? 0 },
  surroundings,
  openSocket,
  log,
}

import { Agent, createServer, request } from 'node:http'
import { connect } from 'node:net'

/** What went over the wire so far: bytes to the browser with their headers. @typedef {{ requests: number, bytes: number, paths: string[] }} Wire */

/** @param {import('node:http').IncomingMessage} message */
const bytesOfHead = ({ rawHeaders }) => rawHeaders.reduce((sum, part) => sum + part.length + 2, 17)

/**
 * A proxy before the gateway that counts: whatever the page and its service worker fetch passes it, compressed as it is sent; what the
 * browser has already does not.
 * @param {string} target
 */
export async function countingProxy(target) {
  const { hostname, port } = new URL(target)
  const agent = new Agent({ keepAlive: true })
  /** @type {Wire} */
  const wire = { requests: 0, bytes: 0, paths: [] }
  let lastAt = performance.now()
  const count = (/** @type {number} */ bytes) => {
    wire.bytes += bytes
    lastAt = performance.now()
  }
  const server = createServer((asked, answer) => {
    wire.requests++
    lastAt = performance.now()
    const { url: path, method, headers } = asked
    const passed = request({ hostname, port, path, method, headers, agent }, (response) => {
      const before = wire.bytes
      count(bytesOfHead(response))
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.on('data', (/** @type {Buffer} */ part) => count(part.length))
      response.on('end', () => wire.paths.push(`${wire.bytes - before} ${response.statusCode} ${path}`))
      response.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
  })
  server.on('upgrade', (asked, socket) => {
    wire.requests++
    const passed = connect(Number(port), hostname, () => {
      const lines = asked.rawHeaders.map((part, i) => (i % 2 === 0 ? `${part}: ` : `${part}\r\n`))
      passed.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
      socket.pipe(passed).pipe(socket)
    })
    passed.on('data', (part) => count(part.length))
    for (const [end, other] of [
      [passed, socket],
      [socket, passed],
    ])
      end?.on('error', () => other?.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** @returns {Wire} */
    soFar: () => ({ ...wire, paths: [...wire.paths] }),
    /** Resolves when nothing was sent for this long. @param {number} ms */
    async quiet(ms) {
      while (performance.now() - lastAt < ms) await new Promise((resolve) => setTimeout(resolve, 100))
    },
    stop() {
      server.closeAllConnections()
      server.close()
      agent.destroy()
    },
  }
}

import { createServer, connect as dial, type Server } from 'node:net'

/** TCP ports of 127.0.0.1 that were free a moment ago, all different; no two calls return the same one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen))
  const ports = servers.map((server) => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    return address.port
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no port is free')
  return port
}

/** Whether a process listens there. */
export const accepts = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, host)
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

/** Below the kernel's range of ephemeral ports: a free port in that range may soon be used by any connection. */
const RANGE = { from: 10_000, to: 32_000 }
/** Test files that run in parallel use separate ranges, because a port that is free now may be about to be used. */
const SHARES = 4
const WIDTH = Math.floor((RANGE.to - RANGE.from) / SHARES)
const FIRST = RANGE.from + (Number(process.env.VITEST_POOL_ID ?? 0) % SHARES) * WIDTH
/** Ports given out before: reserved for a process that may not listen yet, or that is about to be restarted. */
const given = new Set<number>()

async function listen(): Promise<Server> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * WIDTH)
    if (given.has(port)) continue
    const server = createServer()
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!listening) continue
    given.add(port)
    return server
  }
}

import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { assertFree, choosePorts, PORTS, probe } from './ports.mjs'

const open: Server[] = []
const occupy = (port: number, host?: string) =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    open.push(server)
    server.listen({ port, ...(host ? { host } : {}) }, () => {
      const address = server.address()
      if (typeof address === 'object' && address) resolve(address.port)
    })
  })
afterEach(() => Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))))

describe('probe', () => {
  it('distinguishes free from taken', async () => {
    const taken = await occupy(0, '127.0.0.1')
    expect(await probe(taken, '127.0.0.1')).toBeUndefined()
    expect(await probe(0)).toBeGreaterThan(0)
  })

  it('leaves the port free', async () => {
    const port = await probe(0, '127.0.0.1')
    expect(await probe(port ?? 0, '127.0.0.1')).toBe(port)
  })
})

describe('assertFree', () => {
  it('explains what to do about a taken port', async () => {
    const taken = await occupy(0, '127.0.0.1')
    await expect(assertFree(taken, '127.0.0.1')).rejects.toThrow(`npm start -- --port ${taken + 1}`)
  })

  it('explains what to do about an address of another machine', async () => {
    await expect(assertFree(0, '192.0.2.1')).rejects.toThrow('--host 192.0.2.1 is not an address of this machine')
  })
})

describe('choosePorts', () => {
  it('gives each part its own port, different from the web port', async () => {
    const chosen = Object.values(await choosePorts(PORTS.group))
    expect(new Set([...chosen, PORTS.group]).size).toBe(Object.keys(PORTS).length + 1)
  })

  it('avoids a port that is taken on all addresses or on loopback', async () => {
    const occupied = await Promise.allSettled([occupy(PORTS.redis), occupy(PORTS.nats, '127.0.0.1')])
    // If this fails, another process has the port, which is then taken just the same.
    expect(occupied).toHaveLength(2)
    const { redis, nats } = await choosePorts(8080)
    expect(redis).not.toBe(PORTS.redis)
    expect(nats).not.toBe(PORTS.nats)
  })
})

import { Redis } from 'ioredis'
import { freePort } from '../ports.js'
import { ServerProcess } from './process.js'

export interface TestRedis {
  readonly url: string
  readonly port: number
  readonly process: ServerProcess
  connect(): Redis
  stop(): Promise<void>
}

/** One redis-server on a free port, without persistence: a restart finds it empty. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const ping = async () => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.ping()) === 'PONG'
    } finally {
      client.disconnect()
    }
  }
  const server = await ServerProcess.start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp'],
    ping,
  )
  return { url, port, process: server, connect: () => new Redis(url), stop: () => server.kill() }
}

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@beseda/testkit'
import { provideGatewayNode } from '../../../tools/provision/index.mjs'
import { platform } from '../net/platform.mjs'

/**
 * A server to be measured: the address and first frames of clients, how to publish to all of them, and
 * the processes whose CPU time counts.
 * @typedef {{ pids: (number | undefined)[], order: Omit<import('../net/client.mjs').Order, 'count' | 'sources'>, publish(text: string): void | Promise<void>, stop(): Promise<void> }} Running
 * @typedef {{ name: string, start(subscribers: number): Promise<Running | string> }} Driver a text: why it cannot run here
 */

const SERVERS = fileURLToPath(new URL('servers/', import.meta.url))
const plain = { host: '127.0.0.1', path: '/', opcode: 1, greetings: [''], liveWhen: '' }

/** A server of `servers/` in its own process. @param {string} file @param {Record<string, string>} env */
async function server(file, env = {}) {
  const program =
    file === 'uws.mjs' ? await provideGatewayNode(process.execPath) : { command: process.execPath, args: [], env: {} }
  const child = spawn(program.command, [...program.args, join(SERVERS, file)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...program.env, ...env },
  })
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  const publish = (/** @type {string} */ text) => void child.stdin.write(`${text}\n`)
  const stop = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return { pid: child.pid, port, publish, stop }
}

/** @type {Driver} */
const uws = {
  name: 'uWebSockets.js publish (the limit)',
  start: async () => {
    const { pid, port, publish, stop } = await server('uws.mjs')
    return { pids: [pid], order: { ...plain, port }, publish, stop }
  },
}

/** @type {Driver} */
const ws = {
  name: 'ws',
  start: async () => {
    const { pid, port, publish, stop } = await server('ws.mjs')
    return { pids: [pid], order: { ...plain, port }, publish, stop }
  },
}

/** @type {Driver} */
const socketio = {
  name: 'Socket.IO, Redis adapter',
  start: async () => {
    const { Emitter } = await import('@socket.io/redis-emitter')
    const redis = await startRedis()
    const { pid, port, stop } = await server('socketio.mjs', { REDIS_URL: redis.url })
    const client = redis.connect()
    const emitter = new Emitter(client)
    const greetings = [Buffer.from('40').toString('base64')]
    const path = '/socket.io/?EIO=4&transport=websocket'
    return {
      pids: [pid],
      order: { ...plain, port, path, greetings, liveWhen: '40{' },
      publish: (text) => void emitter.to('room').emit('m', text),
      stop: async () => {
        client.disconnect()
        await stop()
        await redis.stop()
      },
    }
  },
}

/** Where `go install` puts it, or PATH. */
function findCentrifugo() {
  const folders = [join(homedir(), 'go', 'bin'), ...(process.env.PATH ?? '').split(delimiter)]
  return [process.env.CENTRIFUGO, ...folders.map((folder) => join(folder, 'centrifugo'))].find(
    (file) => file !== undefined && existsSync(file),
  )
}

/** @type {Driver} */
const centrifugo = {
  name: 'Centrifugo, memory engine, JSON',
  start: async () => {
    const program = findCentrifugo()
    if (!program) return 'not found: go install github.com/centrifugal/centrifugo/v6@v6.9.1, or name it in CENTRIFUGO'
    const folder = mkdtempSync(join(tmpdir(), 'beseda-centrifugo-'))
    const config = join(folder, 'config.json')
    const port = 20_000 + (process.pid % 20_000)
    writeFileSync(
      config,
      JSON.stringify({
        http_server: { port: String(port), address: '127.0.0.1' },
        http_api: { key: 'bench' },
        client: { insecure: true, allowed_origins: ['*'], ping: { ping_interval: '300s' } },
        channel: { without_namespace: { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true } },
        log: { level: 'error' },
      }),
    )
    const child = spawn(program, ['-c', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, GOMAXPROCS: '1' },
    })
    const api = `http://127.0.0.1:${port}/api/publish`
    const publish = async (/** @type {string} */ text) => {
      const headers = { 'Content-Type': 'application/json', 'X-API-Key': 'bench' }
      await fetch(api, { method: 'POST', headers, body: JSON.stringify({ channel: 'room', data: { t: text } }) })
    }
    for (let tries = 0; ; tries++) {
      if (
        await publish('').then(
          () => true,
          () => false,
        )
      )
        break
      if (tries > 100) throw new Error('Centrifugo does not answer')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const greeting = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room"}}'
    return {
      pids: [child.pid],
      order: {
        ...{ ...plain, port, path: '/connection/websocket', many: true },
        greetings: [Buffer.from(greeting).toString('base64')],
        liveWhen: '"id":2',
      },
      publish,
      stop: async () => {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        await gone
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

/** @param {number} gateways each with its share of the subscribers @returns {Driver} */
export const beseda = (gateways) => ({
  name: `Beseda, from the stored event${gateways > 1 ? `, ${gateways} gateways` : ''}`,
  start: async (subscribers) => {
    const running = await platform({ people: subscribers, groupsOf: () => [0], groups: 1, gateways })
    return {
      pids: running.gatewayPids,
      order: running.order,
      publish: (text) => void running.say(0, text),
      stop: running.stop,
    }
  },
})

export const DRIVERS = [uws, beseda(1), socketio, ws, centrifugo]

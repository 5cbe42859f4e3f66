import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kill, PLAIN } from './spawned.mjs'

const MODULE = 'github.com/centrifugal/centrifugo/v6@v6.9.1'
const FOLDER = fileURLToPath(new URL('../../../../.tools/centrifugo/', import.meta.url))
const BUILT = join(FOLDER, 'centrifugo')
const STARTS_WITHIN_MS = 10_000

/** The program: named in CENTRIFUGO, built before, or built now where Go is. Undefined: there is no Go. */
export function provideCentrifugo() {
  if (process.env.CENTRIFUGO) return process.env.CENTRIFUGO
  if (existsSync(BUILT)) return BUILT
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  console.error(`building ${MODULE} (once, some minutes)`)
  mkdirSync(FOLDER, { recursive: true })
  execFileSync('go', ['install', MODULE], { stdio: 'inherit', cwd: FOLDER, env: { ...process.env, GOBIN: FOLDER } })
  return BUILT
}

/** @param {string} api @param {string} text */
async function publishTo(api, text) {
  const headers = { 'Content-Type': 'application/json', 'X-API-Key': 'bench' }
  const response = await fetch(api, {
    method: 'POST',
    headers,
    body: JSON.stringify({ channel: 'room', data: { t: text } }),
  })
  await response.arrayBuffer()
}

/** @param {number} port @param {string} folder */
function configured(port, folder) {
  const config = join(folder, 'config.json')
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
  return config
}

/** @type {import('./index.mjs').Driver} */
export const centrifugo = {
  name: 'Centrifugo, memory engine, JSON',
  start: async () => {
    const program = provideCentrifugo()
    if (!program) return `not measured: no Go here to build ${MODULE}; name a binary in CENTRIFUGO`
    const folder = mkdtempSync(join(tmpdir(), 'beseda-centrifugo-'))
    const port = 20_000 + (process.pid % 20_000)
    const child = spawn(program, ['-c', configured(port, folder)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, GOMAXPROCS: '1' },
    })
    const publish = (/** @type {string} */ text) => publishTo(`http://127.0.0.1:${port}/api/publish`, text)
    const until = performance.now() + STARTS_WITHIN_MS
    while (
      !(await publish('').then(
        () => true,
        () => false,
      ))
    ) {
      if (performance.now() > until) throw new Error('Centrifugo does not answer')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const greeting = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room"}}'
    return {
      pids: [child.pid],
      order: {
        ...{ ...PLAIN, port, path: '/connection/websocket', many: true },
        greetings: [Buffer.from(greeting).toString('base64')],
        liveWhen: '"id":2',
      },
      publish,
      stop: async () => {
        await kill(child)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

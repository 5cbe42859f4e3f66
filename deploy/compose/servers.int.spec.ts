import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { accepts, findLivekit, freePort, freePorts, provision, ServerProcess } from '@beseda/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { LivekitSfu } from '../../services/call/src/adapters/livekit/livekit.js'
import { TurnClient, turnUser } from '../coturn/turn-client.js'

/** Caddy listens before it has made its certificate: until then it refuses every handshake. */
const servesTls = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false })
    socket.once('secureConnect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

test('Caddy as configured serves TLS, forwards the client address and allows WebSockets', async () => {
  const gateway = createServer((req, res) => res.end(JSON.stringify(req.headers)))
  gateway.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  )
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  onTestFinished(() => void gateway.close())
  const home = await mkdtemp(join(tmpdir(), 'beseda-caddy-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const [http = 0, https = 0] = await freePorts(2)
  const config = fileURLToPath(new URL('Caddyfile', import.meta.url))
  const env = {
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_CONFIG_HOME: home,
    DOMAIN: 'localhost',
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    GATEWAY: `127.0.0.1:${(gateway.address() as AddressInfo).port}`,
  }
  const caddy = await ServerProcess.start(
    'caddy',
    ['run', '--config', config, '--adapter', 'caddyfile'],
    () => servesTls(https),
    env,
  )
  onTestFinished(() => caddy.kill())

  const ask = (headers: Record<string, string>) =>
    request({
      host: '127.0.0.1',
      port: https,
      servername: 'localhost',
      rejectUnauthorized: false,
      headers: { Host: 'localhost', ...headers },
    })
  const page = ask({ 'X-Forwarded-For': '203.0.113.9' })
  page.end()
  const [answer] = await once(page, 'response')
  expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
  const body = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as Record<string, string>
  expect(body['x-forwarded-for']).toBe('127.0.0.1')
  expect(body['x-forwarded-proto']).toBe('https')

  const socket = ask({
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Version': '13',
  })
  socket.end()
  const [upgraded] = await once(socket, 'upgrade')
  expect(upgraded.statusCode).toBe(101)
})

const livekit = await findLivekit()

test('the SFU as configured takes rooms from the call service, and people through Caddy, which leads to nothing else of it', async (context) => {
  context.skip(livekit === undefined, 'there is no livekit-server: npm run sfu')
  const folder = await mkdtemp(join(tmpdir(), 'beseda-compose-sfu-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['secrets.sh', 'Caddyfile']) await copyFile(new URL(name, import.meta.url), join(folder, name))
  execFileSync('sh', [join(folder, 'secrets.sh')], { stdio: 'pipe' })
  const [http = 0, https = 0, port = 0, tcp = 0, udp = 0, gateway = 0] = await freePorts(6)
  const config = parse(await readFile(new URL('../sfu/livekit.yaml', import.meta.url), 'utf8'))
  const rtc = { ...config.rtc, tcp_port: tcp, udp_port: udp }
  const keys = join(folder, 'keys', 'sfu-keys.yaml')
  await writeFile(join(folder, 'livekit.yaml'), stringify({ ...config, port, rtc, key_file: keys }))
  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  const node = await ServerProcess.run(
    { command: livekit ?? '', args: ['--config', join(folder, 'livekit.yaml')], env: { NODE_IP: '127.0.0.1' } },
    [],
    () => answers(`http://127.0.0.1:${port}/`),
  )
  onTestFinished(() => node.kill())
  const env = {
    ...{ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, DOMAIN: 'localhost' },
    ...{ HTTP_PORT: String(http), HTTPS_PORT: String(https) },
    ...{ GATEWAY: `127.0.0.1:${gateway}`, SFU: `127.0.0.1:${port}` },
  }
  const run = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
  const caddy = await ServerProcess.start('caddy', run, () => servesTls(https), env)
  onTestFinished(() => caddy.kill())

  const secret = (await readFile(join(folder, 'keys', 'sfu.hex'), 'utf8')).trim()
  const url = `wss://localhost:${https}/sfu`
  const sfu = new LivekitSfu({ nodes: [{ url, inside: `http://127.0.0.1:${port}` }], key: 'beseda', secret })
  const room = await sfu.open('call', 1, 50, undefined)
  expect(room).toEqual({ callId: 'call', node: url, generation: 1 })
  const now = new Date()
  const { token } = sfu.accessTo(room!, { userId: 'ann', deviceId: 'phone' }, now, new Date(now.getTime() + 60_000))
  const ask = async (path: string) => {
    const asked = request({
      host: '127.0.0.1',
      port: https,
      servername: 'localhost',
      rejectUnauthorized: false,
      path,
    })
    asked.setHeader('Host', 'localhost').end()
    const [answer] = await once(asked, 'response')
    answer.resume()
    return answer.statusCode as number
  }
  expect(await ask(`/sfu/rtc/validate?access_token=${token}`)).toBe(200)
  expect(await ask(`/sfu/rtc/validate?access_token=${token}x`)).toBe(401)
  // The gateway's, which is not there.
  for (const path of ['/sfu/twirp/livekit.RoomService/ListRooms', '/sfu/', '/sfurtc', '/rtc']) {
    expect([path, await ask(path)]).toEqual([path, 502])
  }
})

/** As Compose puts variables into text: `${NAME}`, `${NAME:-or}`, `${NAME:+and}`. */
const filled = (text: string, variables: Readonly<Record<string, string>>) =>
  text.replace(/\$\{(\w+)(?::([-+])([^}]*))?\}/g, (_, name: string, kind?: string, other = '') => {
    const value = variables[name] ?? ''
    return kind === '+' ? value && other : value || other
  })

/** Starts coturn as the Compose file does, with other ports and paths. */
async function startCoturn(variables: Readonly<Record<string, string>>) {
  const { services } = parse(readFileSync(new URL('compose.yaml', import.meta.url), 'utf8'), { merge: true }) as {
    services: { coturn: { entrypoint: string[]; command: string[]; environment: Record<string, string> } }
  }
  const { entrypoint, command, environment } = services.coturn
  const [program = '', ...args] = [...entrypoint, ...command].map((argument) =>
    argument.replace('/etc/coturn/', fileURLToPath(new URL('../coturn/', import.meta.url))),
  )
  const folder = await mkdtemp(join(tmpdir(), 'beseda-compose-turn-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const port = await freePort()
  const real = await (await provision()).provideServer('turnserver')
  const env = {
    ...real.env,
    ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value, variables)])),
    PATH: `${dirname(real.command)}:${process.env.PATH}`,
    TMPDIR: folder,
  }
  const ours = ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--pidfile=/dev/null']
  const server = await ServerProcess.run({ command: program, args, env }, ours, () => accepts(port))
  // The shell in front of it hands the signal on.
  onTestFinished(() => server.kill('SIGTERM'))
  return { server, port, config: join(folder, 'turnserver.conf') }
}

test.each([
  ['on its own address', ''],
  ['behind NAT', '203.0.113.7/127.0.0.1'],
])('coturn accepts what the Compose file gives it, %s', async (_, external) => {
  const { server } = await startCoturn({ TURN_SECRET: 'secret', DOMAIN: 'localhost', TURN_EXTERNAL_IP: external })
  expect(server.output).not.toMatch(/unrecognized|unknown option|invalid/i)
})

test('coturn knows its secret and the one before, and nobody else can read them', async () => {
  const secrets = { TURN_SECRET: 'secret-of-today', TURN_SECRET_BEFORE: 'secret-of-yesterday' }
  const { server, port, config } = await startCoturn({ ...secrets, DOMAIN: 'localhost' })
  for (const secret of [...Object.values(secrets), 'another-secret']) {
    const client = await TurnClient.udp(port, turnUser(secret))
    expect([secret, (await client.allocate()).error]).toEqual([secret, secret === 'another-secret' ? 401 : 0])
    client.close()
  }
  expect(statSync(config).mode & 0o077).toBe(0)
  if (process.platform !== 'linux') return
  const [child = ''] = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ')
  for (const pid of [server.pid, child])
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain('secret-of')
  expect(readFileSync(`/proc/${child}/cmdline`, 'utf8')).toMatch(/^turnserver\0/)

  await server.kill('SIGTERM')
  expect(await accepts(port)).toBe(false)
})

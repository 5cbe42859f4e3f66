import { connect as dial } from 'node:net'
import { freePort } from './ports.js'
import { ServerProcess } from './process.js'

export interface TestTurn {
  readonly port: number
  readonly secret: string
  readonly process: ServerProcess
  stop(): Promise<void>
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

/** coturn with time-limited credentials (`use-auth-secret`), UDP and TCP, on loopback. */
export async function startCoturn(): Promise<TestTurn> {
  const port = await freePort()
  const secret = 'turn-secret-of-tests'
  const server = await ServerProcess.start(
    'turnserver',
    [
      '--listening-ip=127.0.0.1',
      '--relay-ip=127.0.0.1',
      `--listening-port=${port}`,
      '--use-auth-secret',
      `--static-auth-secret=${secret}`,
      '--realm=beseda',
      '--allow-loopback-peers',
      '--no-cli',
      '--no-tls',
      '--no-dtls',
      '--log-file=stdout',
      '--pidfile=/dev/null',
    ],
    () => accepts(port),
  )
  return { port, secret, process: server, stop: () => server.kill() }
}

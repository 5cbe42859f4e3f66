import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accepts, freePorts } from '../ports.js'
import { ServerProcess } from './process.js'

export interface TestTurn {
  readonly port: number
  /** TLS, with a self-signed certificate. */
  readonly tlsPort: number
  readonly secret: string
  readonly process: ServerProcess
  stop(): Promise<void>
}

/** Shared by all servers of an installation. */
const SECRET = 'turn-secret-of-tests'

/** Creates a key and a certificate for `localhost` in a folder. */
export async function makeCertificate(folder: string): Promise<{ key: string; certificate: string }> {
  const made = { key: join(folder, 'key.pem'), certificate: join(folder, 'cert.pem') }
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ]
  await promisify(execFile)('openssl', [...args, '-keyout', made.key, '-out', made.certificate])
  return made
}

/** coturn with time-limited credentials (`use-auth-secret`), over UDP, TCP and TLS, on loopback or these addresses. */
export async function startCoturn(addresses: readonly string[] = ['127.0.0.1']): Promise<TestTurn> {
  const [host = ''] = addresses
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const folder = await mkdtemp(join(tmpdir(), 'beseda-turn-'))
  const { key, certificate } = await makeCertificate(folder)
  const server = await ServerProcess.start(
    'turnserver',
    [
      ...addresses.map((address) => `--listening-ip=${address}`),
      `--relay-ip=${host}`,
      `--listening-port=${port}`,
      `--tls-listening-port=${tlsPort}`,
      `--cert=${certificate}`,
      `--pkey=${key}`,
      '--use-auth-secret',
      `--static-auth-secret=${SECRET}`,
      '--realm=beseda',
      '--allow-loopback-peers',
      '--no-cli',
      '--log-file=stdout',
      '--pidfile=/dev/null',
    ],
    async () => (await accepts(port, host)) && (await accepts(tlsPort, host)),
  )
  const stop = async () => {
    await server.kill()
    await rm(folder, { recursive: true })
  }
  return { port, tlsPort, secret: SECRET, process: server, stop }
}

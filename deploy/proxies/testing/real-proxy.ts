import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { freePorts, makeCertificate, provision, ServerProcess } from '@beseda/testkit'

/** The public name in the configurations. */
export const HOST = 'chat.example.org'

export interface RealProxy {
  /** On 127.0.0.1. */
  readonly http: number
  readonly https: number
  stop(): Promise<void>
}

/** What a test puts in the place of what the configuration says. */
interface Place {
  readonly folder: string
  readonly http: number
  readonly https: number
  /** Port of the gateway on 127.0.0.1. */
  readonly gateway: number
  readonly certificate: string
  readonly key: string
}

interface Kind {
  /** The configuration of this repository. */
  readonly file: string
  /** With other ports and files, in which every replaced text must have been. */
  readonly replacements: (place: Place) => readonly (readonly [string, string])[]
  /** Writes what else it needs; returns how it is started with the configuration. */
  readonly prepare: (place: Place, config: string) => Promise<{ args: readonly string[]; env?: Record<string, string> }>
}

/** As a main configuration of nginx that includes ours; a single process, which ends when it is killed. */
const aroundNginx = (folder: string, config: string) => `
daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  include ${config};
}`

export const KINDS = {
  nginx: {
    file: '../nginx.conf',
    replacements: ({ http, https, gateway, certificate, key }) => [
      ['server 127.0.0.1:8080', `server 127.0.0.1:${gateway}`],
      ['listen 80;', `listen 127.0.0.1:${http};`],
      ['\tlisten [::]:80;\n', ''],
      ['listen 443 ssl', `listen 127.0.0.1:${https} ssl`],
      ['\tlisten [::]:443 ssl http2;\n', ''],
      ['/etc/letsencrypt/live/chat.example.org/fullchain.pem', certificate],
      ['/etc/letsencrypt/live/chat.example.org/privkey.pem', key],
    ],
    prepare: async ({ folder }, config) => {
      const main = join(folder, 'main.conf')
      await writeFile(main, aroundNginx(folder, config))
      return { args: ['-p', folder, '-c', main, '-e', 'stderr'] }
    },
  },
  haproxy: {
    file: '../haproxy.cfg',
    replacements: ({ folder, http, https, gateway }) => [
      ['bind :::80 v4v6', `bind 127.0.0.1:${http}`],
      ['bind :::443 v4v6', `bind 127.0.0.1:${https}`],
      ['/etc/haproxy/chat.example.org.pem', join(folder, 'both.pem')],
      ['server gateway 127.0.0.1:8080', `server gateway 127.0.0.1:${gateway}`],
      ['maxconn 60000', 'maxconn 100'],
    ],
    prepare: async ({ folder, certificate, key }, config) => {
      await writeFile(join(folder, 'both.pem'), (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')))
      return { args: ['-f', config, '-db'] }
    },
  },
  caddy: {
    file: '../../compose/Caddyfile',
    // Its own authority makes the certificate: nothing here may ask a public one.
    replacements: ({ certificate, key }) => [['encode gzip zstd', `tls ${certificate} ${key}\n\tencode gzip zstd`]],
    prepare: async ({ folder, http, https, gateway }, config) => ({
      args: ['run', '--config', config, '--adapter', 'caddyfile'],
      env: {
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        DOMAIN: HOST,
        HTTP_PORT: String(http),
        HTTPS_PORT: String(https),
        GATEWAY: `127.0.0.1:${gateway}`,
      },
    }),
  },
  traefik: {
    file: '../traefik.yml',
    replacements: ({ gateway, certificate, key }) => [
      ['http://127.0.0.1:8080', `http://127.0.0.1:${gateway}`],
      ['/etc/letsencrypt/live/chat.example.org/fullchain.pem', certificate],
      ['/etc/letsencrypt/live/chat.example.org/privkey.pem', key],
    ],
    prepare: async ({ http, https }, config) => ({
      args: [
        `--entryPoints.web.address=127.0.0.1:${http}`,
        '--entryPoints.web.http.redirections.entryPoint.to=websecure',
        '--entryPoints.web.http.redirections.entryPoint.scheme=https',
        `--entryPoints.websecure.address=127.0.0.1:${https}`,
        '--entryPoints.websecure.transport.respondingTimeouts.readTimeout=0s',
        `--providers.file.filename=${config}`,
      ],
    }),
  },
} satisfies Record<string, Kind>

export type ProxyName = keyof typeof KINDS

/** Whether the proxy can be had here: of Debian's packages, or on the PATH. */
export async function isHere(name: ProxyName): Promise<boolean> {
  if (name === 'traefik') return isOnPath('traefik')
  const { provideServer } = await provision()
  return provideServer(name).then(
    () => true,
    () => false,
  )
}

const isOnPath = (name: string) =>
  promisify(execFile)(name, ['version']).then(
    () => true,
    () => false,
  )

/** Starts the proxy with our configuration in front of a gateway. Errors: a text that the configuration does not have any more. */
export async function startProxy(name: ProxyName, gateway: number): Promise<RealProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-proxy-'))
  await chmod(folder, 0o755)
  const [http = 0, https = 0] = await freePorts(2)
  const kind: Kind = KINDS[name]
  const place = { folder, http, https, gateway, ...(await makeCertificate(folder)) }
  const config = join(folder, name === 'traefik' ? 'beseda.yml' : 'beseda.conf')
  let text = await readFile(new URL(kind.file, import.meta.url), 'utf8')
  for (const [from, to] of kind.replacements(place)) {
    if (!text.includes(from)) throw new Error(`${kind.file} has no "${from}"`)
    text = text.replaceAll(from, to)
  }
  await writeFile(config, text)
  const { args, env = {} } = await kind.prepare(place, config)
  const server =
    name === 'traefik'
      ? await ServerProcess.run({ command: name, args: [], env }, args, () => servesTls(https))
      : await ServerProcess.start(name, args, () => servesTls(https), env)
  return {
    http,
    https,
    stop: async () => {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const servesTls = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: HOST, rejectUnauthorized: false })
    socket.once('secureConnect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

/** The configuration as it is. */
export const configurationOf = (name: ProxyName): Promise<string> =>
  readFile(new URL(KINDS[name].file, import.meta.url), 'utf8')

import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { inRoot, NODE } from '../lib/root.mjs'
import { hasRoom } from './disk.mjs'
import { isReady, natsRefusesToWrite, natsSpeaks, redisSpeaks } from './probes.mjs'

/** A process to run: its command, and a probe that tells when it is ready. */
/** `ailment`: why a process that runs must be restarted; undefined: it need not. */
/** @typedef {{ name: string, command: string, args: string[], env: Record<string, string>, ready: import('./probes.mjs').Probe, ailment?: () => Promise<string | undefined> }} Plan */
/** @typedef {import('../provision/index.mjs').Program} Program */
/** Inputs of the plans. `modules`: the code comes from the modules of each package (`npm run dev`), not from the bundles of `npm start`; `web`: where the gateway listens, its public URL if different, and the folder of the client if not the default. `programs` are the servers found on this host; `inspect` maps processes to debugger ports. */
/** `sfu`: what SFU_NODES says of the node that the launcher runs; not given where the operator's environment names nodes, or there is none. */
/** `registration`: who may register, unless the operator has set it. */
/** @typedef {{ data: import('./data.mjs').Data, ports: import('./ports.mjs').Ports, modules?: boolean, registration?: string, web: { port: number, host: string, url?: string, folder?: string }, inspect?: ReadonlyMap<string, number>, programs: Record<'nats' | 'redis' | 'gateway', Program>, sfu?: string }} Place */

export const SERVICES = /** @type {const} */ ([
  'identity',
  'group',
  'membership',
  'call',
  'presence',
  'notify',
  'preview',
  'export',
  'mail',
  'caption',
])

/** Whether a service has something to do: the export somewhere to export to, mail a server that takes it, captions an engine. @type {Partial<Record<string, (env: NodeJS.ProcessEnv) => unknown>>} */
const WANTED = {
  export: (env) => env.KAFKA_BROKERS || env.EVENTSTORE_URL,
  mail: (env) => env.SMTP_URL,
  caption: (env) => env.CAPTION_URL,
}

/** Those that this installation runs. @param {NodeJS.ProcessEnv} env */
export const servicesOf = (env = process.env) => SERVICES.filter((name) => !(name in WANTED) || WANTED[name]?.(env))

/**
 * The same server in a container, where the host has none: the same folders, its port on this host's loopback only.
 * @param {Plan} plan @param {string | undefined} image @param {number} port @param {string[]} folders @returns {Plan}
 */
const contained = (plan, image, port, folders) =>
  image === undefined
    ? plan
    : {
        ...plan,
        command: 'docker',
        args: [
          ...['run', '--rm', '--init', '--name', `beseda-${plan.name}-${port}`],
          ...(process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : []),
          ...['--publish', `127.0.0.1:${port}:${port}`],
          ...folders.flatMap((folder) => ['--volume', `${folder}:${folder}`]),
          ...Object.keys(plan.env).flatMap((name) => ['--env', name]),
          ...[image, plan.command],
          ...plan.args.map((argument) => (argument === '127.0.0.1' ? '0.0.0.0' : argument)),
        ],
      }

/** @param {Place} place @returns {Plan} */
export const planNats = (place) =>
  contained(plainNats(place), place.programs.nats.image, place.ports.nats, [inRoot('deploy', 'nats'), place.data.nats])

/** @param {Place} place @returns {Plan} */
const plainNats = ({ data, ports, programs: { nats } }) => ({
  name: 'nats',
  command: nats.command,
  args: [
    ...nats.args,
    ...['--config', inRoot('deploy', 'nats', 'nats.conf'), '--store_dir', data.nats],
    ...['--addr', '127.0.0.1', '--port', String(ports.nats), '--http_port', String(ports.monitor), '--name', 'beseda'],
  ],
  env: {
    ...nats.env,
    NATS_MAX_STORE: '-1',
    ...Object.fromEntries(
      Object.entries(data.passwords).map(([user, password]) => [`NATS_PASSWORD_${user.toUpperCase()}`, password]),
    ),
  },
  ready: natsSpeaks(ports.nats),
  ailment: natsRefusesToWrite(ports.monitor, () => hasRoom(data.nats)),
})

/** Redis stores only what may be lost: when it restarts, calls end and presence is rebuilt. @param {Place} place @returns {Plan} */
export const planRedis = (place) =>
  contained(plainRedis(place), place.programs.redis.image, place.ports.redis, [place.data.redis])

/** @param {Place} place @returns {Plan} */
const plainRedis = ({ data, ports, programs: { redis } }) => ({
  name: 'redis',
  command: redis.command,
  args: [
    ...redis.args,
    ...['--bind', '127.0.0.1', '--port', String(ports.redis), '--dir', data.redis],
    ...['--appendonly', 'no', '--save', '', '--maxmemory-policy', 'noeviction'],
    // In a container it listens on all addresses; the container's port is published on loopback.
    ...(redis.image === undefined ? [] : ['--protected-mode', 'no']),
  ],
  env: redis.env,
  ready: redisSpeaks(ports.redis),
})

/** Environment of every process of the platform; see libs/platform/src/config.ts. @param {Place} place @param {string} user of NATS */
const environmentOf = ({ data, ports }, user) => ({
  NODE_ENV: 'production',
  // Of glibc: with more arenas, freed memory of one cannot be used by others.
  MALLOC_ARENA_MAX: '2',
  NATS_URL: `nats://127.0.0.1:${ports.nats}`,
  NATS_USER: user,
  NATS_PASSWORD: data.passwords[user] ?? '',
  REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
  DATA_DIR: data.views,
})

/** Creates the streams; ends by itself. @param {Place} place @returns {Omit<Plan, 'ready'>} */
export const planLogSetup = (place) => ({
  name: 'setup-log',
  command: NODE,
  args: [place.modules ? inRoot('tools', 'setup-log.mjs') : inRoot('dist', 'servers', 'setup-log.js')],
  env: environmentOf(place, 'admin'),
})

/**
 * Arguments of every process of our own code: stack traces refer to the sources, not to the build output.
 * @param {Place} place @param {string} name
 */
const nodeOptions = ({ inspect }, name) => [
  '--enable-source-maps',
  ...(inspect?.has(name) ? [`--inspect=127.0.0.1:${inspect.get(name)}`] : []),
  ...['--import', '@beseda/platform/telemetry'],
]

/** The code of a process, relative to the root. @param {Place} place @param {string} name @param {string} folder of the package */
const codeOf = ({ modules }, name, folder) =>
  modules ? join(folder, 'dist', 'main.js') : join('dist', 'servers', `${name}.js`)

const OWN = ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']

/**
 * Where the gateway is found on this machine. Browsers allow microphones and passkeys at `localhost` without a certificate, so that name where it
 * is true; a gateway that listens on one other address is found at that alone. @param {{ host: string, port: number }} web
 */
export function localUrl({ host, port }) {
  if (OWN.includes(host)) return `http://localhost:${port}`
  return `http://${isIPv6(host) ? `[${host.split('%')[0]}]` : host}:${port}`
}

/** The public URL: set by the operator, who may run a proxy in front. @param {Place} place */
export const publicUrl = ({ web }) => process.env.PUBLIC_URL || web.url || localUrl(web)

/** @param {Place} place @returns {Record<string, string>} */
const registrationOf = ({ registration }) =>
  registration === undefined || process.env.REGISTRATION ? {} : { REGISTRATION: registration }

/**
 * Memory of the engine, MB (ADR 89). By itself it takes its bounds from the memory of the host, and keeps what one busy moment has filled. In
 * a container it takes them from the container's limit. @param {typeof SERVICES[number]} name
 */
const heapOf = (name) =>
  name === 'group'
    ? ['--max-semi-space-size=16', '--max-old-space-size=1024']
    : ['--max-semi-space-size=8', '--max-old-space-size=512']

/** @param {Place} place @param {typeof SERVICES[number]} name @returns {Plan} */
export const planService = (place, name) => ({
  name,
  command: NODE,
  args: [...heapOf(name), ...nodeOptions(place, name), codeOf(place, name, join('services', name))],
  env: {
    ...environmentOf(place, name),
    HEALTH_PORT: String(place.ports[name]),
    SECRET_FILE: place.data.secret,
    ...(name === 'group' ? { NATS_MONITOR_URL: `http://127.0.0.1:${place.ports.monitor}` } : {}),
    ...(name === 'identity' ? { PUBLIC_URL: publicUrl(place), ...registrationOf(place) } : {}),
    ...((name === 'identity' || name === 'notify') && process.env.SMTP_URL ? { MAIL: 'true' } : {}),
    ...(name === 'mail' ? { PUBLIC_URL: publicUrl(place) } : {}),
    ...(name === 'identity' || name === 'call' ? { SIGNING_KEY_FILE: place.data.signingKey[name] } : {}),
    ...(name === 'call' && place.sfu ? { SFU_NODES: place.sfu, SFU_SECRET_FILE: place.data.sfu.secret } : {}),
  },
  ready: isReady(place.ports[name]),
})

/** A small young generation, MB: a gateway with tens of thousands of connections would otherwise keep 128 MB for it (ADR 42). */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=8'

/** @param {Place} place @returns {Plan} */
export const planGateway = (place) => ({
  name: 'gateway',
  command: place.programs.gateway.command,
  args: [
    ...place.programs.gateway.args,
    SMALL_YOUNG_GENERATION,
    ...nodeOptions(place, 'gateway'),
    codeOf(place, 'gateway', 'gateway'),
  ],
  env: {
    ...place.programs.gateway.env,
    ...environmentOf(place, 'gateway'),
    HEALTH_PORT: String(place.ports.gateway),
    PORT: String(place.web.port),
    HOST: place.web.host,
    FILES_MAX_GB: process.env.FILES_MAX_GB || String(place.data.filesGb),
    WEB_DIR: place.web.folder ?? inRoot('web', 'dist'),
    ...(place.sfu ? { SFU_NODES: place.sfu } : {}),
  },
  ready: isReady(place.ports.gateway),
})

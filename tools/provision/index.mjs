import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hostSuite, isDebian, unpackDebian } from './debian.mjs'
import { withLock } from './lock.mjs'

const run = promisify(execFile)
const TOOLS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.tools')
const ARCH = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? ''
const LOADER = { x64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' }[process.arch] ?? ''

/** How to start a program: the command, leading arguments, and additions to the environment. */
/** `image`: the program is in a container instead, and `command` is its name there. */
/** @typedef {{ command: string, args: string[], env: Record<string, string>, image?: string }} Program */

/**
 * The servers that the platform needs. `version` is the minimum, `suite` the Debian release that has it
 * (undefined: the host's own), `packages` include the libraries that a minimal host lacks. `folder`: where they are unpacked, if not
 * under the program's name.
 */
const SERVERS = {
  'nats-server': {
    version: [2, 12],
    versionArgs: ['-v'],
    suite: 'forky',
    packages: ['nats-server'],
    binary: 'usr/sbin/nats-server',
    image: 'nats:2.12-alpine',
    hint: 'install nats-server 2.12 or newer (https://nats.io/download)',
  },
  'redis-server': {
    version: [6, 2],
    versionArgs: ['--version'],
    packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
    binary: 'usr/bin/redis-server',
    image: 'redis:7-alpine',
    hint: 'install Redis 6.2 or newer, or Valkey',
  },
  turnserver: {
    version: [4, 5],
    versionArgs: ['--version'],
    packages: [
      'coturn',
      'libevent-core-2.1-7',
      'libevent-extra-2.1-7',
      'libevent-openssl-2.1-7',
      'libevent-pthreads-2.1-7',
      'libhiredis0.14',
      'libmariadb3',
      'libpq5',
      'mariadb-common',
    ],
    binary: 'usr/bin/turnserver',
    hint: 'install coturn 4.5 or newer',
  },
  // For operators, and for the tests of their configuration.
  prometheus: {
    version: [2, 40],
    versionArgs: ['--version'],
    packages: ['prometheus'],
    binary: 'usr/bin/prometheus',
    hint: 'install Prometheus 2.40 or newer',
  },
  promtool: {
    version: [2, 40],
    versionArgs: ['--version'],
    packages: ['prometheus'],
    binary: 'usr/bin/promtool',
    folder: 'prometheus',
    hint: 'install Prometheus 2.40 or newer',
  },
  caddy: {
    version: [2, 6],
    versionArgs: ['version'],
    packages: ['caddy'],
    binary: 'usr/bin/caddy',
    hint: 'install Caddy 2.6 or newer',
  },
  // For the tests of the configurations in deploy/proxies.
  nginx: {
    version: [1, 18],
    versionArgs: ['-v'],
    packages: ['nginx', 'libpcre2-8-0'],
    binary: 'usr/sbin/nginx',
    hint: 'install nginx 1.18 or newer',
  },
  haproxy: {
    version: [2, 4],
    versionArgs: ['-v'],
    packages: ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1', 'libpcre2-8-0'],
    binary: 'usr/sbin/haproxy',
    hint: 'install HAProxy 2.4 or newer',
  },
  kubectl: {
    version: [1, 30],
    versionArgs: ['version', '--client'],
    suite: 'trixie',
    packages: ['kubectl'],
    binary: 'usr/bin/kubectl',
    hint: 'install kubectl 1.30 or newer',
  },
}

/** @returns {Promise<Program>} @param {keyof typeof SERVERS} name */
export async function provideServer(name) {
  const server = SERVERS[name]
  if (await isNewEnough(name, server)) return { command: name, args: [], env: {} }
  const target = join(TOOLS, server.folder ?? name)
  const binary = join(target, server.binary)
  if (!existsSync(binary)) {
    if (!isDebian()) {
      if (server.image && (await hasDocker())) return { command: name, args: [], env: {}, image: server.image }
      throw new Error(`${name} was not found: ${server.hint}, so that it is on PATH, or start Docker.`)
    }
    await unpack(target, server.suite ?? (await hostSuite()), server.packages)
  }
  const libraries = [join(target, 'usr/lib', ARCH), join(target, 'lib', ARCH)].filter(existsSync)
  return { command: binary, args: [], env: libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(':') } : {} }
}

/**
 * How to start Node so that uWebSockets.js loads: through a private glibc where the host's is older than 2.38.
 * @returns {Promise<Program>}
 */
export async function provideGatewayNode(node = process.execPath) {
  const glibc = process.report.getReport().header.glibcVersionRuntime
  if (process.platform !== 'linux' || !glibc || newer(glibc.split('.').map(Number), [2, 38])) {
    return { command: node, args: [], env: {} }
  }
  const target = join(TOOLS, 'glibc')
  const folder = join(target, 'usr/lib', ARCH)
  if (!existsSync(join(folder, LOADER))) {
    if (!isDebian())
      throw new Error(
        `the gateway needs glibc 2.38 or newer and this host has ${glibc}: use a newer release or the container image.`,
      )
    await unpack(target, 'trixie', ['libc6'])
  }
  const path = [folder, `/lib/${ARCH}`, `/usr/lib/${ARCH}`].join(':')
  return { command: join(folder, LOADER), args: ['--library-path', path, node], env: {} }
}

const unpack = (target, suite, packages) =>
  withLock(join(TOOLS, '.lock'), async () => {
    if (!existsSync(target)) await unpackDebian({ suite, packages, target, cache: join(TOOLS, '.apt') })
  })

/** Whether a Docker engine answers. */
const hasDocker = () =>
  run('docker', ['version', '--format', '{{.Server.Version}}']).then(
    () => true,
    () => false,
  )

async function isNewEnough(name, { version, versionArgs }) {
  // nginx says it on standard error.
  const { stdout, stderr } = await run(name, versionArgs).catch(() => ({ stdout: '', stderr: '' }))
  const found = /(\d+)\.(\d+)/.exec(stdout + stderr)
  return found !== null && newer([Number(found[1]), Number(found[2])], version)
}

const newer = ([major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]) =>
  major > leastMajor || (major === leastMajor && minor >= leastMinor)

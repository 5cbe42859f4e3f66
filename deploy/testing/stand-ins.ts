import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { NODE } from '../../tools/lib/root.mjs'
import { provideServer } from '../../tools/provision/index.mjs'
import type { Docker } from './docker.js'

const run = promisify(execFile)
/** What the images of Compose have in them, from Debian 13, beside Node and NATS. */
const PACKAGES = ['ca-certificates', 'caddy', 'coturn', 'netcat-openbsd', 'valkey-server', 'wget']
const BASE = 'node:24-trixie-slim'
/** What the real images say about themselves, as far as Compose relies on it. */
const SERVERS: Readonly<Record<string, string>> = {
  nats: 'ENTRYPOINT ["nats-server"]',
  'valkey/valkey': 'ENTRYPOINT ["valkey-server"]',
  caddy: 'ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config\nCMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]',
  'coturn/coturn': 'ENTRYPOINT ["turnserver"]',
}

/**
 * The images that a Compose file names, where no registry answers: Debian 13 with Debian's Caddy, Valkey and coturn, this repository's NATS and Node,
 * under the names of the real ones. They stand in for other people's images only; ours is built by its own Dockerfile.
 * @param images as `docker compose config --images` lists them. Errors: one that nothing here stands in for.
 */
export async function makeStandIns(docker: Docker, images: readonly string[]): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'beseda-trixie-'))
  try {
    await makeRoot(root)
    const archive = `${root}.tar`
    await run('tar', ['-C', root, '-cf', archive, '.'])
    await docker.run('import', '-c', `ENV ${CERTIFICATES}=${BUNDLE}`, archive, BASE)
    await rm(archive)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
  for (const image of images) {
    const server = SERVERS[image.split(':')[0] ?? '']
    if (server === undefined) throw new Error(`nothing stands in for the image ${image}`)
    await docker.image(image, `FROM ${BASE}\n${server}\n`)
  }
}

const CERTIFICATES = 'NODE_EXTRA_CA_CERTS'
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

/** A root file system; npm in it reaches what npm reaches here. */
async function makeRoot(root: string): Promise<void> {
  await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, 'trixie', root])
  const local = join(root, 'usr', 'local')
  await copyFile(await realpath(NODE), join(local, 'bin', 'node'))
  await cp(await npmFolder(), join(local, 'lib', 'npm'), { recursive: true })
  for (const name of ['npm', 'npx']) await symlink(`../lib/npm/bin/${name}-cli.js`, join(local, 'bin', name))
  const nats = await provideServer('nats-server')
  await copyFile(await located(nats.command), join(local, 'bin', 'nats-server'))
  for (const [from, to] of [
    ['/etc/npmrc', 'etc/npmrc'],
    [join(homedir(), '.npmrc'), 'root/.npmrc'],
    [process.env[CERTIFICATES] ?? '', BUNDLE],
  ] as const)
    if (from && existsSync(from)) await copyFile(from, join(root, to))
}

/** Where the host's npm is. */
async function npmFolder(): Promise<string> {
  return dirname(dirname(await realpath(process.env.npm_execpath ?? (await located('npm')))))
}

/** The file of a program of PATH. */
async function located(command: string): Promise<string> {
  if (command.includes('/')) return command
  const { stdout } = await run('which', [command])
  return stdout.trim()
}

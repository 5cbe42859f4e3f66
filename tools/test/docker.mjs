import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { inRoot } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'
import { add, mayInstall, missing, refresh } from './debian.mjs'

/** The engine, what it needs, and what makes a root file system where no registry answers. Debian's packages. */
const PACKAGES = ['docker.io', 'iptables', 'debootstrap']
/** As a plugin of the client that Debian has, without the settings of a module of its own, which `go install` refuses. */
const COMPOSE = 'github.com/docker/compose/v5/cmd@v5.0.2'

/** The folder that `DOCKER_CONFIG` names: it holds Compose where the host has none. */
export const DOCKER_CONFIG = inRoot('.tools', 'docker')

/** Installs the engine, and builds Compose, where that is possible; fails nothing. Returns what is to be said. */
export async function provideDocker() {
  if (!mayInstall()) return 'only root on Debian installs and starts an engine'
  const wanted = await missing(PACKAGES)
  if (wanted.length > 0) {
    await refresh()
    const { code } = await add(...wanted)
    if (code !== 0) return `could not be installed: ${wanted.join(', ')}`
  }
  return (await provideCompose()) ?? 'installed'
}

/** @returns {Promise<string | undefined>} why there is no Compose */
async function provideCompose() {
  const plugins = join(DOCKER_CONFIG, 'cli-plugins')
  const program = join(plugins, 'docker-compose')
  const env = existsSync(program) ? { DOCKER_CONFIG } : {}
  if ((await run('docker', ['compose', 'version'], { env })).code === 0) return undefined
  await mkdir(plugins, { recursive: true })
  const built = await run('go', ['install', '-trimpath', '-ldflags', '-s -w', COMPOSE], {
    env: { GOBIN: plugins, CGO_ENABLED: '0' },
  }).catch(() => undefined)
  if (!built) return 'there is neither Docker Compose nor Go, which builds it'
  if (built.code !== 0) return `Compose could not be built: ${lastLines(built.output, 1)}`
  await rename(join(plugins, 'cmd'), program)
  return undefined
}

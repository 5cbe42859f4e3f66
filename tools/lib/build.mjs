import { existsSync, globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { withLock } from '../provision/lock.mjs'
import { fingerprint, unlessDone } from './fingerprint.mjs'
import { inRoot } from './root.mjs'
import { lastLines, run } from './run.mjs'

const SOURCES = ['proto', 'libs', 'services', 'gateway', 'web', 'package-lock.json', 'nx.json', 'tsconfig.base.json']
const isSpec = (/** @type {string} */ name) => /\.spec\.ts$/.test(name)

/** What a build leaves: without one of these the mark of the last build is worth nothing. */
const outputs = () => [
  ...globSync(inRoot('services/*/src/main.ts')).map((main) => main.replace(/src\/main\.ts$/, 'dist/main.js')),
  ...(existsSync(inRoot('gateway/src/main.ts')) ? [inRoot('gateway/dist/main.js')] : []),
  ...(existsSync(inRoot('web/index.html')) ? [inRoot('web/dist/index.html')] : []),
]

/**
 * Builds everything with Nx, which rebuilds only what changed. Nx itself takes seconds to find out that there is
 * nothing to do, so it is not asked when no file has changed since the last build that succeeded.
 * @returns {Promise<string | undefined>} `nothing changed`, or undefined when Nx ran
 */
export const build = () =>
  withLock(inRoot('.tools', '.build-lock'), async () => {
    const mark = inRoot('.nx', 'beseda-build')
    if (!outputs().every((file) => existsSync(file))) await rm(mark, { force: true })
    const inputs = await fingerprint(
      SOURCES.map((source) => inRoot(source)),
      (name) => !isSpec(name),
    )
    return (await unlessDone(mark, inputs, runNx)) ? undefined : 'nothing changed'
  })

async function runNx() {
  const { code, output } = await run('nx', ['run-many', '-t', 'build', '--outputStyle=static'], {
    env: { NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: '0' },
  })
  if (code !== 0) throw new Error(`the build failed:\n${lastLines(output, 60)}`)
}

/** Generates TypeScript from `proto/`, when it has changed since the last time. */
export async function generate() {
  const inputs = await fingerprint([inRoot('proto/beseda'), inRoot('proto/buf.gen.yaml'), inRoot('package-lock.json')])
  // Beside the generated files, so that both go together.
  const mark = inRoot('proto', 'src', 'gen', '.made-from')
  await withLock(inRoot('.tools', '.build-lock'), () =>
    unlessDone(mark, inputs, async () => {
      const { code, output } = await run('buf', ['generate'], { cwd: inRoot('proto') })
      if (code !== 0) throw new Error(`buf generate failed:\n${lastLines(output)}`)
    }),
  )
}

import { existsSync, globSync } from 'node:fs'
import { access, constants, rm } from 'node:fs/promises'
import { withLock } from '../provision/lock.mjs'
import { fingerprint, isDone, unlessDone } from './fingerprint.mjs'
import { Advice, inRoot } from './root.mjs'
import { lastLines, run } from './run.mjs'

const isSource = (/** @type {string} */ name) => !/\.spec\.ts$/.test(name)
const ofService = (/** @type {string} */ main) => main.replace(/src\/main\.ts$/, 'dist/main.js')

/** One part of a build. `outputs`: if one of these is missing, the build runs again. */
/** @typedef {{ name: string, sources: string[], outputs: () => string[], command: string, args: string[], cwd?: string }} Part */

const SERVER_SOURCES = ['proto', 'libs', 'services', 'gateway', 'package-lock.json']

/**
 * No part needs the output of another, so they are built in parallel. Not by Nx: it would run npm and `tsc` once for
 * each package, and `tsc -b` detects by itself what has changed.
 */
const MODULES = /** @satisfies {Part} */ ({
  name: 'modules',
  sources: [...SERVER_SOURCES, 'tsconfig.json', 'tsconfig.base.json'],
  outputs: () => globSync(inRoot('{services/*,gateway}/src/main.ts')).map(ofService),
  command: 'tsc',
  args: ['-b', '--pretty', 'false'],
})
const SERVERS = /** @satisfies {Part} */ ({
  name: 'servers',
  sources: [...SERVER_SOURCES, 'tools/setup-log.mjs', 'tools/lib/servers.config.mjs', 'tools/start/plan.mjs'],
  outputs: () => [inRoot('dist/servers/gateway.js')],
  command: 'rolldown',
  args: ['-c', 'tools/lib/servers.config.mjs', '--log-level', 'warn'],
})
const CLIENT = /** @satisfies {Part} */ ({
  name: 'client',
  sources: ['proto', 'libs', 'web', 'package-lock.json'],
  outputs: () => [inRoot('web/dist/index.html')],
  command: 'vite',
  args: ['build', '--logLevel', 'warn'],
  cwd: inRoot('web'),
})

/** @param {string} folder */
const canBeWritten = (folder) =>
  access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )

/** Whether the last build is one of these sources. Their times say it, so a copy of the checkout has to keep them (`cp -a`). */
async function isBuilt() {
  const parts = [MODULES, SERVERS, CLIENT].map(async ({ name, outputs, sources }) => {
    const inputs = await inputsOf(sources)
    return outputs().every((file) => existsSync(file)) && (await isDone(inRoot('.nx', `beseda-build-${name}`), inputs))
  })
  return (await Promise.all(parts)).every(Boolean)
}

/** @param {readonly string[]} sources */
const inputsOf = (sources) =>
  fingerprint(
    sources.map((source) => inRoot(source)),
    isSource,
  )

const locked = (/** @type {() => Promise<boolean>} */ task) => withLock(inRoot('.tools', '.build-lock'), task)

/** Builds a part whose sources have changed since its last successful build. True when it ran. @param {Part} part */
async function make({ name, sources, outputs, command, args, cwd }) {
  const mark = inRoot('.nx', `beseda-build-${name}`)
  if (!outputs().every((file) => existsSync(file))) await rm(mark, { force: true })
  return unlessDone(mark, await inputsOf(sources), async () => {
    const { code, output } = await run(command, args, cwd === undefined ? {} : { cwd })
    if (code !== 0) throw new Error(`the build of the ${name} failed:\n${lastLines(output, 60)}`)
  })
}

/** Generates TypeScript from `proto/`, when it has changed since the last time. True when it ran. */
async function makeContracts() {
  const sources = ['proto/beseda', 'proto/buf.gen.yaml', 'tools/openapi', 'package-lock.json']
  const inputs = await fingerprint(
    sources.map((source) => inRoot(source)),
    isSource,
  )
  // Stored beside the generated files, so that both are deleted together.
  return unlessDone(inRoot('proto', 'src', 'gen', '.made-from'), inputs, async () => {
    const { code, output } = await run('buf', ['generate'], { cwd: inRoot('proto') })
    if (code !== 0) throw new Error(`buf generate failed:\n${lastLines(output)}`)
  })
}

/** Generates TypeScript from `proto/`, when it has changed since the last time. */
export const generate = async () => void (await locked(makeContracts))

/**
 * Builds everything that has changed. A checkout that cannot be written to is used as it was built.
 * @returns {Promise<string | undefined>} `nothing changed`, or undefined when something was built. Errors: Advice.
 */
export async function build() {
  if (!(await canBeWritten(inRoot()))) {
    if (await isBuilt()) return 'nothing changed'
    throw new Advice(`${inRoot()} cannot be written to and is not built: run npm start once where it can.`)
  }
  const hasRun = await locked(async () => {
    const contracts = await makeContracts()
    const parts = await Promise.all([make(MODULES), make(SERVERS), make(CLIENT)])
    return contracts || parts.includes(true)
  })
  return hasRun ? undefined : 'nothing changed'
}

/** Builds the web client alone, when it has changed. */
export const buildClient = async () =>
  void (await locked(async () => {
    await makeContracts()
    return make(CLIENT)
  }))

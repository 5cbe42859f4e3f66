import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot, NODE, ROOT } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'
import { plainEnvironment } from './ways.mjs'

/** After this a command hangs, ms: it installs and builds everything, beside another one, on machines that take ten times as long as this. */
const LIMIT_MS = 30 * 60_000

/** A clone of the committed files only. The servers are taken from this folder: fetching them is tested elsewhere. */
export async function makeClone() {
  const folder = await mkdtemp(join(tmpdir(), 'beseda fresh '))
  const { code, output } = await run('git', ['-c', 'safe.directory=*', 'clone', '--quiet', ROOT, folder])
  if (code !== 0) throw new Error(`git clone failed:\n${lastLines(output)}`)
  await mkdir(inRoot('.tools'), { recursive: true })
  await mkdir(join(folder, '.tools'))
  // One by one, because locks are beside them: a clone does not wait for another one.
  const tools = (await readdir(inRoot('.tools'))).filter((name) => !name.endsWith('-lock'))
  for (const name of tools) await symlink(inRoot('.tools', name), join(folder, '.tools', name))
  return folder
}

/** @param {string} folder made by `makeClone` */
export const removeClone = (folder) => rm(folder, { recursive: true, force: true })

/** Removes every installed package, as if nothing had been installed yet. @param {string} folder made by `makeClone` */
export async function uninstall(folder) {
  const installed = globSync(['node_modules', '*/node_modules', '{libs,services}/*/node_modules'], { cwd: folder })
  await Promise.all(installed.map((each) => rm(join(folder, each), { recursive: true })))
}

/** Program and first arguments of an npm; a version from the registry is stored below `.tools`. @param {string | undefined} version */
async function provideNpm(version) {
  if (version === undefined) return ['npm']
  const home = inRoot('.tools', `npm-${version}`)
  const program = join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js')
  // The newest version may change every day.
  if (version === 'latest' || !existsSync(program)) {
    await mkdir(home, { recursive: true })
    const { code, output } = await run('npm', ['install', '--no-save', '--prefix', home, `npm@${version}`])
    if (code !== 0) throw new Error(`npm@${version} cannot be installed:\n${lastLines(output, 5)}`)
  }
  // The newest npm needs a newer Node than a host may have.
  return version === 'latest' ? [NODE, program] : ['node', program]
}

/**
 * Runs `npm ...args` in a clone. With `until`, it gets Ctrl+C when its output matches.
 * @param {string} folder @param {import('./ways.mjs').Way} way @param {readonly string[]} args @param {RegExp} [until]
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export async function npm(folder, way, args, until) {
  const [command = 'npm', ...first] = await provideNpm(way.npm)
  const child = spawn(command, [...first, ...args], {
    cwd: folder,
    // The packages that this folder has installed are in npm's cache.
    env: { ...plainEnvironment(process.env, ROOT), npm_config_prefer_offline: 'true', ...way.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const interrupt = (/** @type {NodeJS.Signals} */ signal) => child.pid && process.kill(-child.pid, signal)
  const timer = setTimeout(() => interrupt('SIGKILL'), LIMIT_MS)
  let output = ''
  let isInterrupted = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      if (isInterrupted || !until?.test(output)) return
      isInterrupted = true
      interrupt('SIGINT')
    })
  }
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { code, output }
}

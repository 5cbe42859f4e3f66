// Runs on the host's own Node before anything is installed: only built-in modules.
import { spawn } from 'node:child_process'
import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { basename, delimiter, dirname, join, relative } from 'node:path'
import { withLock } from '../provision/lock.mjs'
import { findFaults, readLock, thisHost } from './installed.mjs'
import { nodePackage, nodeProgram, pinnedVersion, versionOf } from './pinned-node.mjs'
import { Advice, ROOT } from './root.mjs'

/** @typedef {import('./installed.mjs').Fault} Fault */

/**
 * The installation does not depend on what npm is set to on this host, by its files or its environment: what would leave
 * something out, put it elsewhere or only pretend is said anew here. Where packages come from (registry, proxy, certificates,
 * cache, offline) stays the host's. Each of these is known to npm 10, 11 and 12, which refuses what it does not know.
 * @param {string} root
 */
const settings = (root) => [
  // NODE_ENV=production, omit, only, production, optional.
  ...['--include=dev', '--include=optional', '--include=peer'],
  // Nothing needed hangs on an install script, and npm 12 runs none: so none runs anywhere.
  '--ignore-scripts',
  // Where to.
  ...[`--prefix=${root}`, '--global=false', '--location=project', '--install-strategy=hoisted'],
  ...['--legacy-bundling=false', '--global-style=false', '--install-links=false', '--bin-links'],
  // What.
  ...['--package-lock', '--package-lock-only=false', '--legacy-peer-deps=false', '--strict-peer-deps=false'],
  ...systemSettings(),
  // Versions are those of the lock file, whatever their age.
  ...['--before=null', '--min-release-age=0', '--engine-strict=false', '--force=false', '--dry-run=false'],
  // The lock file and package.json stay as they are.
  '--save=false',
  ...['--audit=false', '--fund=false', '--update-notifier=false', '--json=false', '--loglevel=error'],
]

function systemSettings() {
  const { os, cpu, libc } = thisHost()
  return [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])]
}

/** Settings that cannot be said anew, only not be heard: one workspace alone, a page of help instead. */
const UNHEARD = /^(NODE_ENV|npm_config_(workspaces?|include_workspace_root|usage|versions?))$/i

/**
 * Runs `npm install`, which keeps to the lock file. Not `npm ci`: it refuses a lock file without the binaries of other systems,
 * which npm leaves out of it where a registry does not have them.
 * @param {string} root @param {string} node program that npm runs on @returns {Promise<boolean>} whether npm calls it done
 */
async function npmInstall(root, node) {
  // Another program than npm (yarn, pnpm) names itself here too.
  const own = process.env.npm_execpath
  const [command, ...args] = own && basename(own) === 'npm-cli.js' ? [node, own] : ['npm']
  const heard = Object.entries(process.env).filter(([name]) => !UNHEARD.test(name))
  const child = spawn(command ?? 'npm', [...args, 'install', ...settings(root), ...(await unlocked(root))], {
    cwd: root,
    env: { ...Object.fromEntries(heard), PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => resolve(code === 0))
    child.once('error', () => reject(new Advice('npm was not found: install it with Node, see https://nodejs.org.')))
  })
}

/** Node of a system that the lock file does not have, by name. @param {string} root @returns {Promise<string[]>} */
async function unlocked(root) {
  const name = nodePackage()
  return (await readLock(root))[`node_modules/${name}`] ? [] : [`${name}@${pinnedVersion(root)}`]
}

/**
 * Makes the pinned Node what is found by the name `node`. npm 10 does not where the lock file has a package of that program for each of
 * several systems. @param {string} root
 */
async function linkNode(root) {
  if (process.platform === 'win32' || (await versionOf(nodeProgram(root))) === undefined) return
  const link = join(root, 'node_modules', '.bin', 'node')
  await mkdir(dirname(link), { recursive: true })
  await rm(link, { force: true })
  await symlink(relative(dirname(link), nodeProgram(root)), link)
}

/** @param {string} root @param {string} node @returns {Promise<readonly Fault[]>} what is wrong afterwards */
async function installWith(root, node) {
  if (!(await npmInstall(root, node))) return [{ folder: 'npm', problem: 'failed' }]
  await linkNode(root)
  return findFaults(root)
}

/**
 * Installs over what is good already; what is not is removed first, as npm would believe a folder that has a manifest.
 * @param {string} root @param {readonly Fault[]} faults @returns {Promise<readonly Fault[]>} what is still wrong
 */
async function mend(root, faults) {
  for (const { folder } of faults) await empty(join(root, folder))
  // Else npm believes its own list of what is there.
  await rm(join(root, 'node_modules', '.package-lock.json'), { force: true })
  const left = await installWith(root, process.execPath)
  // npm leaves out binaries that say they need a newer Node than the one it runs on: then it runs on the newer one.
  const node = nodeProgram(root)
  if (left.length === 0 || (await versionOf(node)) !== pinnedVersion(root)) return left
  return installWith(root, node)
}

/** Removes what is in a folder, but not the folder, which may be a link or a volume. @param {string} folder */
async function empty(folder) {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

/** Makes `node_modules` what the lock file says, when it is not; several processes take turns. Errors: Advice. */
export async function ensureInstalled(root = ROOT) {
  if ((await findFaults(root)).length === 0) return
  try {
    await withLock(join(root, '.tools', '.install-lock'), () => install(root))
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === undefined) throw error
    throw new Advice(
      `The dependencies cannot be installed into ${root} (${message}): see whose the folder is and what room there is.`,
    )
  }
}

/** @param {string} root */
async function install(root) {
  await linkNode(root)
  const before = await findFaults(root)
  if (before.length === 0) return
  const modules = join(root, 'node_modules')
  const wasFresh = (await readdir(modules).catch(() => [])).length === 0
  process.stdout.write(wasFresh ? '  installing dependencies (a minute or two, once)\n' : mending(before))
  let left = await mend(root, before)
  // npm does not get over everything that an earlier installation may have left.
  if (left.length > 0 && !wasFresh) left = await mend(root, [{ folder: 'node_modules', problem: 'is emptied' }])
  const [first] = left
  if (first?.folder === 'npm') throw new Advice('npm could not install the dependencies: see above, then try again.')
  if (first) throw new Advice(`The dependencies were installed, but ${first.folder} ${first.problem}.`)
}

/** @param {readonly Fault[]} faults at least one */
function mending([first, ...more]) {
  const others = more.length > 0 ? ` (and ${more.length} more)` : ''
  return `  installing dependencies anew: ${first?.folder} ${first?.problem}${others}\n`
}

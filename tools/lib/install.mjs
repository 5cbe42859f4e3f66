// Runs on the host's own Node before anything is installed: only built-in modules.
import { spawn } from 'node:child_process'
import { lstat, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { basename, delimiter, dirname, join, relative } from 'node:path'
import { withLock } from '../provision/lock.mjs'
import { findFaults, readLock, thisHost } from './installed.mjs'
import { nodePackage, nodeProgram, pinnedVersion, versionOf } from './pinned-node.mjs'
import { Advice, ROOT } from './root.mjs'

/** @typedef {import('./installed.mjs').Fault} Fault */

/**
 * The installation does not depend on the npm settings of this host, in files or environment: settings that would leave
 * something out, put it elsewhere or only pretend are overridden here. The source of packages (registry, proxy, certificates,
 * cache, offline) stays the host's. npm 10, 11 and 12 know all of these options; they refuse unknown ones.
 * @param {string} root
 */
const settings = (root) => [
  // NODE_ENV=production, omit, only, production, optional.
  ...['--include=dev', '--include=optional', '--include=peer'],
  // Nothing needed depends on an install script, and npm 12 runs none: so none is run.
  '--ignore-scripts',
  // Where to install.
  ...[`--prefix=${root}`, '--global=false', '--location=project', '--install-strategy=hoisted'],
  ...['--legacy-bundling=false', '--global-style=false', '--install-links=false', '--bin-links'],
  // What to install.
  ...['--package-lock', '--package-lock-only=false', '--legacy-peer-deps=false', '--strict-peer-deps=false'],
  ...systemSettings(),
  // The versions of the lock file, whatever their age.
  ...['--before=null', '--min-release-age=0', '--engine-strict=false', '--force=false', '--dry-run=false'],
  // The lock file and package.json are not changed.
  '--save=false',
  ...['--audit=false', '--fund=false', '--update-notifier=false', '--json=false', '--loglevel=error'],
]

function systemSettings() {
  const { os, cpu, libc } = thisHost()
  return [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])]
}

/** Settings that cannot be overridden, only removed from the environment: a single workspace, a help page instead. */
const UNHEARD = /^(NODE_ENV|npm_config_(workspaces?|include_workspace_root|usage|versions?))$/i

/**
 * Runs `npm install`, which follows the lock file. Not `npm ci`, as the image does: it would empty `node_modules` to mend one package, and
 * it cannot install Node on a system that the lock file does not list.
 * @param {string} root @param {string} node program that npm runs on @returns {Promise<boolean>} whether npm reports success
 */
async function npmInstall(root, node) {
  // Other package managers (yarn, pnpm) name themselves here, too.
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

/** npm arguments that install Node on a system that the lock file does not list. @param {string} root @returns {Promise<string[]>} */
async function unlocked(root) {
  const name = nodePackage()
  return (await readLock(root))[`node_modules/${name}`] ? [] : [`${name}@${pinnedVersion(root)}`]
}

/**
 * Makes the pinned Node the program found by the name `node`. npm 10 does not link it if the lock file has a package of that program for each of
 * several systems. @param {string} root
 */
async function linkNode(root) {
  if (process.platform === 'win32' || (await versionOf(nodeProgram(root))) === undefined) return
  const link = join(root, 'node_modules', '.bin', 'node')
  await mkdir(dirname(link), { recursive: true })
  await rm(link, { force: true })
  await symlink(relative(dirname(link), nodeProgram(root)), link)
}

/** @param {string} root @param {string} node @returns {Promise<readonly Fault[]>} the faults that remain */
async function installWith(root, node) {
  if (!(await npmInstall(root, node))) return [{ folder: 'npm', problem: 'failed' }]
  await linkNode(root)
  return findFaults(root)
}

/**
 * Installs over the good packages; faulty ones are removed first, because npm trusts a folder that has a manifest.
 * @param {string} root @param {readonly Fault[]} faults @returns {Promise<readonly Fault[]>} the faults that remain
 */
async function mend(root, faults) {
  for (const { folder } of faults) await clear(join(root, folder))
  // Otherwise npm trusts its own list of what is installed.
  await rm(join(root, 'node_modules', '.package-lock.json'), { force: true })
  const left = await installWith(root, process.execPath)
  // npm omits binaries that declare a newer Node than the one it runs on: so it runs on the newer one.
  const node = nodeProgram(root)
  if (left.length === 0 || (await versionOf(node)) !== pinnedVersion(root)) return left
  return installWith(root, node)
}

/**
 * Makes room for what npm installs there. A link to a workspace goes, and nothing behind it: that is somebody's work.
 * @param {string} path
 */
export async function clear(path) {
  const isLink = await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
  // `node_modules` itself may be a link, or a volume that cannot be removed.
  if (isLink && basename(path) !== 'node_modules') return rm(path)
  for (const name of await readdir(path).catch(() => [])) await rm(join(path, name), { recursive: true, force: true })
}

/** Makes `node_modules` match the lock file if it does not; several processes take turns. Errors: Advice. */
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
  // npm does not recover from everything that an earlier installation may have left.
  if (left.length > 0 && !wasFresh) left = await mend(root, [{ folder: 'node_modules', problem: 'is emptied' }])
  const [first] = left
  if (first?.folder === 'npm') throw new Advice('npm could not install the dependencies: see above, then try again.')
  if (first) throw new Advice(`The dependencies were installed, but ${first.folder} ${first.problem}.`)
}

/** @param {readonly Fault[]} faults at least one */
function mending([first, ...more]) {
  const others = more.length > 0 ? ` (and ${more.length} more)` : ''
  return `  reinstalling dependencies: ${first?.folder} ${first?.problem}${others}\n`
}

// Runs on the host's own Node before anything is installed: only built-in modules.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../provision/lock.mjs'
import { Advice, inRoot, ROOT } from './root.mjs'

/** What tells whether `node_modules` belongs to `package-lock.json`. Times are in ms since the epoch. */
/** @typedef {{ lockHash: string, lockTime: number, stampHash?: string | undefined, installTime?: number | undefined }} Installation */

/**
 * Fresh: the stamp of the last installation fits the lock file, or npm has finished an installation since the lock file
 * changed (somebody ran npm by hand).
 * @param {Installation} installation
 */
export function isStale({ lockHash, lockTime, stampHash, installTime }) {
  if (installTime === undefined) return true
  return stampHash !== lockHash && installTime < lockTime
}

/** @param {string} root @returns {Promise<Installation>} */
export async function readInstallation(root) {
  const lock = join(root, 'package-lock.json')
  const installed = await stat(join(root, 'node_modules', '.package-lock.json')).catch(() => undefined)
  return {
    lockHash: createHash('sha256')
      .update(await readFile(lock))
      .digest('hex'),
    lockTime: (await stat(lock)).mtimeMs,
    stampHash: await readFile(stampOf(root), 'utf8').catch(() => undefined),
    installTime: installed?.mtimeMs,
  }
}

const stampOf = (/** @type {string} */ root) => join(root, 'node_modules', '.beseda-lock')

/** Installs the dependencies of the lock file when `node_modules` is not theirs; several processes take turns. */
export async function ensureInstalled(root = ROOT) {
  if (!isStale(await readInstallation(root))) return
  await withLock(inRoot('.tools', '.install-lock'), async () => {
    const before = await readInstallation(root)
    if (!isStale(before)) return
    process.stdout.write('  installing dependencies (a minute or two, once)\n')
    const npm = process.env.npm_execpath
    const [command, ...args] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
    // Not `npm ci`: it refuses a lock file without the binaries of other systems, which npm leaves out of it where a
    // registry does not have them. Versions are exact in every package.json and in the lock, which stays as it is.
    const install = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    const child = spawn(command ?? 'npm', [...args, ...install], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Advice('npm could not install the dependencies: see above, then try again.')
    await writeFile(stampOf(root), before.lockHash)
  })
}

import { existsSync } from 'node:fs'
import { run } from '../lib/run.mjs'

/** Whether packages can be installed here: as root, on Debian or a derivative. */
export const mayInstall = () => existsSync('/usr/bin/apt-get') && process.getuid?.() === 0

const apt = (/** @type {string[]} */ ...args) => run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
/** @param {string[]} names of Debian's packages */
export const add = (...names) => apt('install', '-y', '-qq', '--no-install-recommends', ...names)
/** Learns what there is. */
export const refresh = () => apt('update', '-qq')

/** Those that are not installed. @param {readonly string[]} names of Debian's packages */
export async function missing(names) {
  const wanted = []
  for (const name of names) if (!(await isInstalled(name))) wanted.push(name)
  return wanted
}

/** @param {string} name */
async function isInstalled(name) {
  const { output } = await run('dpkg', ['-s', name])
  return output.includes('Status: install ok installed')
}

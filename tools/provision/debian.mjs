import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Advice } from '../lib/root.mjs'
import { chooseMirror, readSources } from './apt-sources.mjs'

const run = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Whether this host is Debian (or a derivative) whose archive keyring and apt can fetch packages. */
export const isDebian = () => existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg') && existsSync(KEYRING)

/** The suite of the host itself, such as `bookworm`. */
export async function hostSuite() {
  const release = await readFile('/etc/os-release', 'utf8')
  return /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'stable'
}

/** The Debian mirror that the host's own apt is configured with. */
async function mirror() {
  const folder = '/etc/apt/sources.list.d'
  const more = existsSync(folder) ? (await readdir(folder)).map((name) => join(folder, name)) : []
  const names = ['/etc/apt/sources.list', ...more.filter((name) => /\.(list|sources)$/.test(name))].filter(existsSync)
  const files = await Promise.all(names.map(async (name) => ({ name, text: await readFile(name, 'utf8') })))
  const mirror = chooseMirror(readSources(files), await hostSuite())
  if (mirror === undefined)
    throw new Advice('apt on this host names no mirror of Debian: add one to /etc/apt/sources.list.')
  return mirror
}

/**
 * Errors: Advice with apt's own reason, which it prints last; its command line would be 600 characters.
 * @param {readonly string[]} args @param {import('node:child_process').ExecFileOptions} [options]
 */
async function aptGet(args, options = {}) {
  try {
    await run('apt-get', [...args], options)
  } catch (error) {
    const { stderr = '', message } = /** @type {Error & { stderr?: string }} */ (error)
    const reasons = stderr.split('\n').filter((line) => /^[EW]:/.test(line))
    throw new Advice(
      `apt-get could not fetch packages of Debian (${reasons.at(-1) ?? message.split('\n')[0]}): is this host offline?`,
    )
  }
}

/**
 * Unpacks packages of a suite into `target`, without installing anything: with a separate sources list, lists and caches below
 * `cache`; apt checks signatures against the archive keyring.
 */
export async function unpackDebian({ suite, packages, target, cache }) {
  const home = join(cache, suite)
  const downloads = join(home, 'downloads')
  await mkdir(join(home, 'lists', 'partial'), { recursive: true })
  await mkdir(join(home, 'archives', 'partial'), { recursive: true })
  await mkdir(downloads, { recursive: true })
  const sources = join(home, 'sources.list')
  await writeFile(sources, `deb [signed-by=${KEYRING}] ${await mirror()} ${suite} main\n`)
  const options = [
    ['Dir::Etc::sourcelist', sources],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(home, 'lists')],
    // Independent of what the host has installed, perhaps from elsewhere.
    ['Dir::State::status', '/dev/null'],
    ['Dir::Cache', home],
    ['Dir::Cache::archives', join(home, 'archives')],
    ['APT::Get::List-Cleanup', '0'],
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`])
  await aptGet([...options, 'update', '-qq'])
  await aptGet([...options, 'download', '-qq', ...packages], { cwd: downloads })

  const partial = `${target}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  for (const file of await readdir(downloads)) await run('dpkg', ['-x', join(downloads, file), partial])
  await rm(target, { recursive: true, force: true })
  await rename(partial, target)
  await rm(home, { recursive: true, force: true })
}

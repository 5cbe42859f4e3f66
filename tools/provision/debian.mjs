import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Whether this host is a Debian (or a child of it) whose archive keyring and apt can fetch packages. */
export const isDebian = () => existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg') && existsSync(KEYRING)

/** The suite of the host itself, such as `bookworm`. */
export async function hostSuite() {
  const release = await readFile('/etc/os-release', 'utf8')
  return /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'stable'
}

/** The Debian mirror that the host's own apt is set up with. */
async function mirror() {
  const folder = '/etc/apt/sources.list.d'
  const files = existsSync(folder) ? (await readdir(folder)).map((name) => join(folder, name)) : []
  for (const file of ['/etc/apt/sources.list', ...files]) {
    if (!existsSync(file)) continue
    const text = (await readFile(file, 'utf8')).replace(/^\s*#.*$/gm, '')
    const uri = /\b(?:https?|ftp):\/\/\S*\/debian\/?(?=\s|$)/.exec(text)?.[0]
    if (uri) return uri
  }
  throw new Error('no Debian mirror in the apt sources of this host')
}

/**
 * Unpacks packages of a suite into `target`, without installing anything: own sources list, own lists and caches below
 * `cache`; signatures are checked by apt against the archive keyring.
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
    // What the host has installed, perhaps from elsewhere, does not matter.
    ['Dir::State::status', '/dev/null'],
    ['Dir::Cache', home],
    ['Dir::Cache::archives', join(home, 'archives')],
    ['APT::Get::List-Cleanup', '0'],
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`])
  await run('apt-get', [...options, 'update', '-qq'])
  await run('apt-get', [...options, 'download', '-qq', ...packages], { cwd: downloads })

  const partial = `${target}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  for (const file of await readdir(downloads)) await run('dpkg', ['-x', join(downloads, file), partial])
  await rm(target, { recursive: true, force: true })
  await rename(partial, target)
  await rm(home, { recursive: true, force: true })
}

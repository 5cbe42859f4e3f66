import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Advice } from '../lib/root.mjs'
import { isDebian, unpackDebian } from './debian.mjs'
import { withLock } from './lock.mjs'

const run = promisify(execFile)
const TOOLS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.tools')
const FOLDER = join(TOOLS, 'go')
const BINARY = join(FOLDER, 'usr', 'lib', 'go-1.26', 'bin', 'go')
/** Of livekit-server's go.mod. Go 1.21 and newer fetches a newer one by itself, unless it was told not to. */
const LEAST = 26
const FETCHES = 21

/** Whether a Go builds it. @param {string} version as `go version` says it @param {string} toolchain as GOTOOLCHAIN says it */
export function isEnough(version, toolchain) {
  const minor = Number(/go1\.(\d+)/.exec(version)?.[1] ?? 0)
  return minor >= LEAST || (minor >= FETCHES && !toolchain.startsWith('local'))
}

/** The command of a Go: of PATH, or Debian's, unpacked into .tools. Errors: Advice. @returns {Promise<string>} */
export async function findGo() {
  const { stdout } = await run('go', ['version']).catch(() => ({ stdout: '' }))
  const { stdout: toolchain } = await run('go', ['env', 'GOTOOLCHAIN']).catch(() => ({ stdout: '' }))
  if (isEnough(stdout, toolchain.trim())) return 'go'
  if (existsSync(BINARY)) return BINARY
  if (!isDebian()) throw new Advice(`Go 1.${LEAST} or newer is needed on PATH: https://go.dev/dl.`)
  const packages = ['golang-1.26-go', 'golang-1.26-src']
  await withLock(join(TOOLS, '.lock'), async () => {
    if (!existsSync(BINARY))
      await unpackDebian({ suite: 'forky', packages, target: FOLDER, cache: join(TOOLS, '.apt') })
  })
  return BINARY
}

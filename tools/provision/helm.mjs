import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Helm 3.17 or newer, from PATH or where `go install` puts it; undefined: there is none. @returns {Promise<string | undefined>} */
export async function findHelm() {
  for (const command of ['helm', ...(await goPlaces())]) {
    const { stdout } = await run(command, ['version', '--short']).catch(() => ({ stdout: '' }))
    const [, major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(stdout) ?? []
    if (Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 17)) return command
  }
  return undefined
}

/** Where `go install` puts Helm; none without Go. */
async function goPlaces() {
  const { stdout } = await run('go', ['env', 'GOPATH']).catch(() => ({ stdout: '' }))
  const path = stdout.trim()
  return path && existsSync(path) ? [join(path, 'bin', 'helm')] : []
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Later tags of 1.13 replace modules in their go.mod, which `go install` refuses. */
export const LIVEKIT_VERSION = '1.13.5'
/** Where `npm run sfu` puts the server. */
export const LIVEKIT_FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.tools', 'livekit-server')
export const LIVEKIT_BINARY = join(LIVEKIT_FOLDER, 'livekit-server')

/** livekit-server 1.9 or newer: what LIVEKIT_SERVER names, that of PATH, or that of `npm run sfu`; undefined: there is none. @returns {Promise<string | undefined>} */
export async function findLivekit() {
  const named = process.env.LIVEKIT_SERVER
  for (const command of [
    ...(named ? [named] : []),
    'livekit-server',
    ...(existsSync(LIVEKIT_BINARY) ? [LIVEKIT_BINARY] : []),
  ]) {
    const { stdout } = await run(command, ['--version']).catch(() => ({ stdout: '' }))
    const [, major = 0, minor = 0] = /version (\d+)\.(\d+)/.exec(stdout) ?? []
    if (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 9)) return command
  }
  return undefined
}

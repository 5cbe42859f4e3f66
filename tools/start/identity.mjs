import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Two launchers must read one time alike, whatever language and time zone each was started in. */
const PLAIN = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }

/**
 * Distinguishes a process from a later one with the same pid: its start time, in the unit of the system.
 * Undefined when there is no such process.
 * @param {number} pid @returns {Promise<string | undefined>}
 */
export async function birthOf(pid) {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    return stat === undefined ? undefined : birthInStat(stat)
  }
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env: PLAIN }).catch(() => ({ stdout: '' }))
  return stdout.trim() || undefined
}

/**
 * Field 22 of /proc/<pid>/stat (proc_pid_stat(5)); the command name before it may itself hold spaces and brackets.
 * A zombie (state Z) counts as ended.
 * @param {string} stat
 */
export function birthInStat(stat) {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}

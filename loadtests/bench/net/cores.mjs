import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Binds all threads of a process to some cores. @param {number | undefined} pid @param {string} cores a list as taskset takes it */
const bind = (pid, cores) => void execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])

/** This process, and whatever it starts from now on, leave the first core to what is measured. */
export function leaveFirstCore() {
  const cores = availableParallelism()
  if (cores < 2) throw new Error('a server can have a core of its own only where there are two')
  bind(process.pid, `1-${cores - 1}`)
}

/** Servers have the first core together, and nobody else has it after `leaveFirstCore`. @param {(number | undefined)[]} pids */
export function giveFirstCore(pids) {
  for (const pid of pids) bind(pid, '0')
}

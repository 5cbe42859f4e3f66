import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Binds all threads of a process to some cores. @param {number | undefined} pid @param {string} cores a list in the format of taskset */
const bind = (pid, cores) => void execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])

/** This process, and everything it starts from now on, leave the first core to the measured server. */
export function leaveFirstCore() {
  const cores = availableParallelism()
  if (cores < 2) throw new Error('a server can have its own core only on a machine with two or more')
  bind(process.pid, `1-${cores - 1}`)
}

/** Servers share the first core, and nobody else uses it after `leaveFirstCore`. @param {(number | undefined)[]} pids */
export function giveFirstCore(pids) {
  for (const pid of pids) bind(pid, '0')
}

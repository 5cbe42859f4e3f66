// Survives a killed launcher and ends the processes it has left. The launcher reports on standard input which
// processes began (`+<pid>`) and ended (`-<pid>`); the end of the input is the end of the launcher. Every process tolerates
// SIGKILL, so there is no graceful shutdown here: a next start must not meet a NATS on the same log.
import { createInterface } from 'node:readline'

/** @type {Set<number>} */
const running = new Set()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1))
  if (line.startsWith('+')) running.add(pid)
  else running.delete(pid)
}
for (const pid of running) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

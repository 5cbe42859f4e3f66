import { mkdir, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A holder renews its lock every second, so a lock this old belongs to a process that was killed. */
const STALE_MS = 10_000

/** Runs `task` while holding a lock between processes: a folder, created atomically. Others wait. */
export async function withLock(folder, task) {
  await mkdir(dirname(folder), { recursive: true })
  for (;;) {
    try {
      await mkdir(folder)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const held = await stat(folder).catch(() => undefined)
      if (held && Date.now() - held.mtimeMs > STALE_MS) await rm(folder, { recursive: true, force: true })
      else await wait(200)
    }
  }
  const renewal = setInterval(() => void utimes(folder, new Date(), new Date()).catch(() => {}), 1000)
  try {
    return await task()
  } finally {
    clearInterval(renewal)
    await rm(folder, { recursive: true, force: true })
  }
}

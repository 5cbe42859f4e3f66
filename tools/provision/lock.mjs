import { mkdir, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A holder renews its lock every second, so a lock this old belongs to a process that was killed. */
const STALE_MS = 10_000
/** For this long a lock that looks old is watched: whoever holds it after the clock was set renews it meanwhile. */
const WATCH_MS = 3_000

/**
 * Tells whether the holder of a lock was killed, by watching its time. The clock of the host may have been set meanwhile, so what was measured
 * without it decides: a lock from the future would else be held until the clock has come there.
 */
export function watchHolder() {
  let seen = { mtimeMs: Number.NaN, since: 0 }
  return (mtimeMs, { wall = Date.now(), elapsed = performance.now() } = {}) => {
    if (mtimeMs !== seen.mtimeMs) seen = { mtimeMs, since: elapsed }
    const unchanged = elapsed - seen.since
    return unchanged > STALE_MS || (unchanged > WATCH_MS && wall - mtimeMs > STALE_MS)
  }
}

/** Runs `task` while holding a lock between processes: a folder, created atomically. Others wait. */
export async function withLock(folder, task) {
  await mkdir(dirname(folder), { recursive: true })
  const isDead = watchHolder()
  for (;;) {
    try {
      await mkdir(folder)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const held = await stat(folder).catch(() => undefined)
      if (held && isDead(held.mtimeMs)) await rm(folder, { recursive: true, force: true })
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

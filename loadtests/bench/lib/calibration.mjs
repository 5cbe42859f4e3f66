import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limit } from '../fanout/drivers/index.mjs'
import { cpuOf, Speaker } from '../fanout/pace.mjs'
import { Crowd } from '../net/crowd.mjs'

const SYNC_S = 1
const SIZE = 1024
const SOCKETS = 500
const SPEAK_S = 2
/** Messages a second: few enough for the slowest machine, one at a time. */
const RATE = 60

/** What every machine can be measured by: figures of two machines compare if their calibrations do. */
export const CALIBRATION = [
  'fsync of 1 KB, a second',
  `bare uWebSockets.js, ${SOCKETS} sockets, 1 KB, delivered/s a core`,
]

export async function calibrate() {
  return [String(Math.round(syncs())), `${((await barePerCore()) / 1000).toFixed(0)} k`]
}

/** Appends and syncs, one after another, where the servers of a benchmark keep their data. */
function syncs() {
  const folder = mkdtempSync(join(tmpdir(), 'beseda-sync-'))
  const file = openSync(join(folder, 'log'), 'a')
  const bytes = new Uint8Array(SIZE)
  const began = performance.now()
  let done = 0
  for (; performance.now() - began < SYNC_S * 1000; done++) {
    writeSync(file, bytes)
    fdatasyncSync(file)
  }
  closeSync(file)
  rmSync(folder, { recursive: true })
  return done / SYNC_S
}

async function barePerCore() {
  const running = await limit(0).start(SOCKETS)
  if (typeof running === 'string') throw new Error(running)
  const crowd = new Crowd(1)
  try {
    await crowd.open({ ...running.order, count: SOCKETS, sources: 1 })
    const speaker = new Speaker({ isRandom: false, size: SIZE })
    await speaker.speak(running.publish, RATE, SPEAK_S / 2)
    const before = cpuOf(running)
    const { messages } = await crowd.count(() => speaker.speak(running.publish, RATE, SPEAK_S))
    return messages / (cpuOf(running) - before)
  } finally {
    crowd.end()
    await running.stop()
  }
}

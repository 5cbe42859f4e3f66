import { inMs } from '../lib/table.mjs'
import { ask } from '../net/crowd.mjs'
import { cpuSeconds, machineBusy, quantile } from '../net/usage.mjs'

const WARM_UP_S = 3
/** Everything that a message passes or that reads it afterwards. */
export const SERVERS = {
  gateway: 'gateway-0',
  group: 'group-0',
  bus: 'nats-0',
  Redis: 'redis',
  membership: 'membership-0',
  notify: 'notify-0',
  call: 'call-0',
  presence: 'presence-0',
}

/** @typedef {{ acknowledged: number, refused: number, deliveries: number, waits: number[], ages: number[] }} Counted waits and ages in microseconds */
/** @typedef {{ counted: Counted, outcome: import('./posted.mjs').Outcome, cpus: number[], share: number }} Measured `cpus`: seconds of each server, then of the clients; `share` of the machine that was busy */

export const wait = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000))
export const times = (/** @type {number[]} */ us) =>
  `${inMs(quantile(us, 0.5) / 1000)} / ${inMs(quantile(us, 0.99) / 1000)}`

/**
 * @param {Awaited<ReturnType<typeof import('../net/platform.mjs').platform>>} running @param {import('node:child_process').ChildProcess} worker
 * @param {number} pauseMs @param {number} seconds @returns {Promise<Measured>}
 */
export async function measure(running, worker, pauseMs, seconds) {
  const pids = [...Object.values(SERVERS).map((name) => running.fleet.find(name).pid), worker.pid]
  const cpuOf = () => pids.map((pid) => cpuSeconds(pid))
  await ask(worker, 'write', { pauseMs })
  await wait(WARM_UP_S)
  const before = cpuOf()
  const busy = machineBusy()
  await ask(worker, 'begin')
  await wait(seconds)
  /** @type {Counted} */
  const counted = await ask(worker, 'end')
  const cpus = cpuOf().map((cpu, i) => cpu - (before[i] ?? 0))
  const share = busy()
  return { counted, cpus, share, outcome: await ask(worker, 'stop') }
}

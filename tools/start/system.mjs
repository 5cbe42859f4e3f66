import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inRoot, NODE } from '../lib/root.mjs'
import { duration, paint, report, say } from '../lib/terminal.mjs'
import { Supervised } from './supervised.mjs'

/** All processes of one installation: started tier by tier, stopped in reverse order. */
export class System {
  /** @type {Supervised[][]} */
  #tiers = []
  #stopping = false
  #warden

  /** @param {string} logs folder */
  constructor(logs) {
    this.logs = logs
    this.#warden = spawn(NODE, [inRoot('tools', 'start', 'warden.mjs')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#warden.stdin.on('error', () =>
      say('the watchdog ended: if the launcher is killed now, its processes keep running'),
    )
  }

  /** Starts processes in parallel and resolves when all are ready. @param {readonly import('./plan.mjs').Plan[]} plans */
  async start(plans) {
    if (this.#stopping) throw new Error('stopping')
    const tier = plans.map((plan) => new Supervised(plan, this.logs, this.#observer))
    this.#tiers.push(tier)
    await Promise.all(
      tier.map(async (process) => {
        const began = performance.now()
        await process.start()
        report(true, process.name, duration(performance.now() - began))
      }),
    )
  }

  /** @param {string} name of a process @returns {Supervised | undefined} */
  find(name) {
    return this.#tiers.flat().find((process) => process.name === name)
  }

  /** Stops everything in reverse order; resolves when nothing runs any more. */
  async stop() {
    this.#stopping = true
    for (const tier of this.#tiers.toReversed()) await Promise.all(tier.map((process) => process.stop()))
    const gone = once(this.#warden, 'exit')
    this.#warden.stdin.end()
    await gone
  }

  /** Kills everything now. */
  kill() {
    for (const process of this.#tiers.flat()) process.kill()
  }

  /** @type {import('./supervised.mjs').Observer} */
  #observer = {
    began: (pid) => void this.#warden.stdin.write(`+${pid}\n`),
    ended: (pid) => void this.#warden.stdin.write(`-${pid}\n`),
    note: (text) => say(`  ${paint('yellow', '!')} ${text}`),
  }
}

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from './usage.mjs'

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** @typedef {import('./client.mjs').Order} Order */
/** @typedef {{ messages: number, ages: number[], closed: number }} Counted ages in microseconds */
/** @typedef {{ lost: number, doubled: number, disordered: number }} Matched deliveries that never came, came again, came after a later one */

/** Many raw clients in several processes. */
export class Crowd {
  /** @type {import('node:child_process').ChildProcess[]} */
  #workers

  /** @param {number} workers processes */
  constructor(workers) {
    this.#workers = Array.from({ length: workers }, () => fork(WORKER, { stdio: 'inherit' }))
  }

  /** Resolves when all are live, with the number of repeated attempts. Greetings are assigned in order. @param {Order} order @returns {Promise<number>} */
  async open(order) {
    const share = Math.ceil(order.count / this.#workers.length)
    const comebacks = await Promise.all(
      this.#workers.map((worker, i) => {
        const [from, to] = [i * share, (i + 1) * share].map((at) => Math.min(at, order.count))
        const count = (to ?? 0) - (from ?? 0)
        const greetings = order.greetings.length > 1 ? order.greetings.slice(from, to) : order.greetings
        return ask(worker, 'open', { ...order, count, greetings, firstSource: i * share })
      }),
    )
    return comebacks.reduce((sum, one) => sum + one, 0)
  }

  /** Counts received messages during the work. @template T @param {() => Promise<T>} work */
  async count(work) {
    await this.#askAll('begin')
    const [cpu, began] = [this.#cpu(), performance.now()]
    const result = await work()
    const seconds = (performance.now() - began) / 1000
    const clientCpu = (this.#cpu() - cpu) / seconds
    /** @type {Counted[]} */
    const counted = await this.#askAll('pause')
    return {
      result,
      seconds,
      messages: counted.reduce((sum, { messages }) => sum + messages, 0),
      ages: counted.flatMap(({ ages }) => ages),
      closed: counted.reduce((sum, one) => sum + one.closed, 0),
      clientCpu,
    }
  }

  /** What became of the messages with these numbers, the last excluded, at all clients; waits some seconds for the late ones. @param {number} from @param {number} to @returns {Promise<Matched>} */
  async match(from, to) {
    /** @type {Matched[]} */
    const matched = await this.#askAll('match', { from, to })
    const sum = (/** @type {keyof Matched} */ what) => matched.reduce((all, one) => all + one[what], 0)
    return { lost: sum('lost'), doubled: sum('doubled'), disordered: sum('disordered') }
  }

  async close() {
    await this.#askAll('close')
  }

  end() {
    for (const worker of this.#workers) worker.disconnect()
  }

  /** @param {string} what @param {object} [order] @returns {Promise<any[]>} */
  #askAll(what, order) {
    return Promise.all(this.#workers.map((worker) => ask(worker, what, order)))
  }

  #cpu() {
    return this.#workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  }
}

/** @param {import('node:child_process').ChildProcess} worker @param {string} what @param {object} [order] @returns {Promise<any>} */
export function ask(worker, what, order) {
  return new Promise((resolve, reject) => {
    worker.once('message', (/** @type {{ answer: Counted, error?: string }} */ { answer, error }) =>
      error === undefined ? resolve(answer) : reject(new Error(error)),
    )
    worker.send({ ask: what, order })
  })
}

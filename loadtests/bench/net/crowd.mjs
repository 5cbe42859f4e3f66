import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from './usage.mjs'

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** @typedef {import('./client.mjs').Order} Order */
/** @typedef {{ messages: number, ages: number[], closed: number }} Counted ages in microseconds */

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
        const count = Math.max(0, Math.min(share, order.count - i * share))
        const greetings =
          order.greetings.length > 1 ? order.greetings.slice(i * share, i * share + count) : order.greetings
        return ask(worker, 'open', { ...order, count, greetings, firstSource: i * share })
      }),
    )
    return comebacks.reduce((sum, one) => sum + one, 0)
  }

  /** Counts received messages during the work. @template T @param {() => Promise<T>} work */
  async count(work) {
    await Promise.all(this.#workers.map((worker) => ask(worker, 'begin')))
    const [cpu, began] = [this.#cpu(), performance.now()]
    const result = await work()
    const seconds = (performance.now() - began) / 1000
    const clientCpu = (this.#cpu() - cpu) / seconds
    const counted = await Promise.all(this.#workers.map((worker) => ask(worker, 'end')))
    return {
      result,
      seconds,
      messages: counted.reduce((sum, { messages }) => sum + messages, 0),
      ages: counted.flatMap(({ ages }) => ages),
      closed: counted.reduce((sum, one) => sum + one.closed, 0),
      clientCpu,
    }
  }

  async close() {
    await Promise.all(this.#workers.map((worker) => ask(worker, 'close')))
  }

  end() {
    for (const worker of this.#workers) worker.disconnect()
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

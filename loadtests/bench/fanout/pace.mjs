import { Random } from '../lib/random.mjs'
import { stamped } from '../net/mark.mjs'
import { cpuSeconds, quantile } from '../net/usage.mjs'

/** Attempts to find the rate that fills the core, and the accepted deviation. */
const TRIES = 6
const NEAR = 0.05
/** Deliveries a second that every server can handle: where the search begins. */
const FIRST_PER_SECOND = 60_000
const TRY_S = 1.5
/** Steps of the search. A larger step upward floods a server that is slow for another reason than its processor time. */
const FASTER = 2
const SLOWER = 0.7

/** @param {import('./drivers/index.mjs').Running} running */
export const cpuOf = ({ pids }) => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)

/** Publishes numbered messages, at random moments (Poisson) as people who act independently, or evenly spaced. */
export class Speaker {
  #random = new Random(1)
  /** The number of the next message. */
  next = 0

  /** @param {{ isRandom: boolean, size: number }} how */
  constructor(how) {
    this.how = how
  }

  /** Each message on schedule, however long the earlier ones took. @param {(text: string) => void | Promise<void>} publish @param {number} rate @param {number} forSeconds */
  async speak(publish, rate, forSeconds) {
    const began = performance.now()
    const until = async (/** @type {number} */ at) => {
      const ms = at * 1000 - (performance.now() - began)
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    }
    for (let at = 0; at < forSeconds; at += this.#gap(rate)) {
      await until(at)
      void publish(stamped(this.how.size, this.next++))
    }
    await until(forSeconds)
  }

  /**
   * Messages a second that keep the server's core busy to the share, or as many as reach the clients within the bound of latency.
   * @param {import('./drivers/index.mjs').Running} running @param {import('../net/crowd.mjs').Crowd} crowd
   * @param {{ fill: number, first: number, boundMs: number }} wanted `first`: messages a second to begin with
   */
  async rateFor(running, crowd, { fill, first, boundMs }) {
    let rate = first
    for (let tries = 0; tries < TRIES; tries++) {
      const [from, cpu] = [this.next, cpuOf(running)]
      const { seconds, ages } = await crowd.count(() => this.speak(running.publish, rate, TRY_S))
      const used = (cpuOf(running) - cpu) / seconds
      const { lost } = await crowd.match(from, this.next)
      const isLate = lost > 0 || quantile(ages, 0.99) > boundMs * 1000
      if (isLate && tries > 0) rate *= SLOWER
      else if (Math.abs(used / fill - 1) < NEAR) break
      else rate *= Math.min(FASTER, fill / used)
    }
    return rate
  }

  /** Seconds until the next message. @param {number} rate */
  #gap(rate) {
    return (this.how.isRandom ? -Math.log(1 - this.#random.next()) : 1) / rate
  }
}

/** @param {number} subscribers */
export const firstRate = (subscribers) => FIRST_PER_SECOND / subscribers

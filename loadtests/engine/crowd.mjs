import { setTimeout as wait } from 'node:timers/promises'
import { Measures } from './measures.mjs'
import { act } from './mix.mjs'
import { register } from './person.mjs'
import { cut } from './storm.mjs'
import { connect, hangUp, join } from './talk.mjs'

/** People who arrive at once: the hash of a password takes a core a tenth of a second. */
const ARRIVING = 4

/** People who come, stay, and act by the mix until the end: their number can be raised while they are measured. */
export class ActingCrowd {
  /** @type {import('./person.mjs').Person[]} */
  #people = []
  #ended = false
  #measures = new Measures()
  /** What everybody reports to; the measures behind it change. */
  #metrics = {
    emit: (/** @type {string} */ event, /** @type {string} */ name, /** @type {number} */ value) =>
      this.#measures.emit(event, name, value),
  }

  /** @param {{ target: string, everyMs: number, roomSize: number }} how `everyMs`: a person's mean time between two actions */
  constructor(how) {
    this.how = how
  }

  get size() {
    return this.#people.length
  }

  /** Resolves when this number of people is connected. @param {number} people */
  async grow(people) {
    let left = people - this.size
    const lane = async () => {
      while (left-- > 0) await this.#arrive()
    }
    await Promise.all(Array.from({ length: ARRIVING }, lane))
  }

  /** What happened in this time, of nobody else. @param {number} seconds */
  async measure(seconds) {
    this.#measures = new Measures()
    await wait(seconds * 1_000)
    return this.#measures.aggregate()
  }

  end() {
    this.#ended = true
    for (const person of this.#people) hangUp(person)
  }

  async #arrive() {
    /** @type {import('./person.mjs').Person} */
    const person = {}
    const step = { person, target: this.how.target, metrics: this.#metrics, options: { size: this.how.roomSize } }
    await register(step)
    await join(step)
    await connect(step)
    this.#people.push(person)
    void this.#live(step)
  }

  /** @param {import('./person.mjs').Step} step */
  async #live(step) {
    while (!this.#ended) {
      await wait(this.how.everyMs * (0.5 + Math.random()))
      if (this.#ended) return
      await act(step)?.catch((error) => this.#failed(step, String(error.code ?? error)))
    }
  }

  /** A person whose connection was closed comes back, as a client does. @param {import('./person.mjs').Step} step @param {string} code */
  async #failed(step, code) {
    if (this.#ended) return
    this.#metrics.emit('counter', `errors.${code}`, 1)
    if (code.startsWith('closed_')) await cut(step).catch(() => undefined)
  }
}

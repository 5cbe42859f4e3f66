import { setTimeout as wait } from 'node:timers/promises'
import BesedaEngine from './index.mjs'

/** Limits that make a phase or a step smaller. */
/** @typedef {{ people?: number, seconds?: number, loops?: number, thinkMs?: number }} Limits */
/** @typedef {{ config: any, scenarios: { flow: Record<string, any>[] }[] }} Script */
/** @typedef {{ min: number, max: number, mean: number, count: number, p50: number, p95: number, p99: number }} Summary */

/** Collects counts and times, and summarises them in the format of Artillery's report. */
class Measures {
  /** @type {Record<string, number>} */
  counters = {}
  /** @type {Map<string, number[]>} */
  #values = new Map()

  /** @param {string} event @param {string} [name] @param {number} [value] */
  emit(event, name = '', value = 1) {
    if (event === 'counter') this.#count(name, value)
    if (event === 'error') this.#count(`errors.${name}`, 1)
    if (event !== 'histogram') return
    const values = this.#values.get(name) ?? []
    this.#values.set(name, values)
    values.push(value)
  }

  /** @param {string} name @param {number} value */
  #count(name, value) {
    this.counters[name] = (this.counters[name] ?? 0) + value
  }

  /** @returns {{ counters: Record<string, number>, summaries: Record<string, Summary> }} */
  aggregate() {
    const summaries = [...this.#values].map(([name, values]) => /** @type {const} */ ([name, summaryOf(values)]))
    return { counters: this.counters, summaries: Object.fromEntries(summaries) }
  }
}

/** @param {number[]} values @returns {Summary} */
function summaryOf(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 10) / 10
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return {
    min: at(0.0001),
    max: at(1),
    mean: Math.round(mean * 10) / 10,
    count: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  }
}

/** Milliseconds of `think: 2`, `think: 500ms`. @param {unknown} text */
const thinkMs = (text) =>
  /ms$/.test(String(text)) ? Number.parseFloat(String(text)) : Number.parseFloat(String(text)) * 1_000

/**
 * Runs an Artillery scenario with the same engine, but without Artillery: in tests, and on load agents where a few hundred megabytes are
 * too much. @param {Script} script @param {string} target @param {Limits} [limits]
 */
export async function runMini({ config, scenarios: [scenario] }, target, limits = {}) {
  if (!scenario) throw new Error('the script has no scenario')
  const measures = new Measures()
  const engine = new BesedaEngine({ config: { ...config, target } }, undefined, helpersOf(limits))
  const person = engine.createScenario(scenario, /** @type {any} */ (measures))
  const runs = []
  for (const phase of config.phases) {
    const people = Math.min(phase.arrivalCount, limits.people ?? Number.POSITIVE_INFINITY)
    const pauseMs = (Math.min(phase.duration, limits.seconds ?? Number.POSITIVE_INFINITY) * 1_000) / people
    for (let i = 0; i < people; i++) {
      runs.push(new Promise((done) => person({ vars: {} }, (error) => done(error === null))))
      await wait(pauseMs)
    }
  }
  const outcomes = await Promise.all(runs)
  measures.emit('counter', 'vusers.completed', outcomes.filter(Boolean).length)
  measures.emit('counter', 'vusers.failed', outcomes.filter((done) => !done).length)
  return measures.aggregate()
}

/** The part of Artillery's engine_util that flows use. @param {Limits} limits */
const helpersOf = (limits) => ({
  createThink: (/** @type {{ think: unknown }} */ { think }) => {
    const ms = Math.min(thinkMs(think), limits.thinkMs ?? Number.POSITIVE_INFINITY)
    return (/** @type {unknown} */ context, /** @type {Function} */ callback) =>
      setTimeout(() => callback(null, context), ms)
  },
  createLoopWithCount: (/** @type {number} */ count, /** @type {import('./index.mjs').Task[]} */ steps) => {
    const rounds = Math.min(count, limits.loops ?? Number.POSITIVE_INFINITY)
    return async (/** @type {any} */ context, /** @type {Function} */ callback) => {
      try {
        let current = context
        for (let i = 0; i < rounds; i++) {
          current = { ...current, vars: { ...current.vars, $loopCount: i + 1 } }
          for (const step of steps)
            current = await new Promise((done, fail) =>
              step(current, (error, next) => (error ? fail(error) : done(next ?? current))),
            )
        }
        callback(null, current)
      } catch (error) {
        callback(error)
      }
    }
  },
  template: (/** @type {unknown} */ value, /** @type {{ vars: Record<string, unknown> }} */ { vars }) =>
    JSON.parse(JSON.stringify(value).replace(/\{\{ (\$?\w+) \}\}/g, (_, name) => String(vars[name] ?? ''))),
})

import { setTimeout as wait } from 'node:timers/promises'
import BesedaEngine from './index.mjs'
import { Measures } from './measures.mjs'

/** Limits that make a phase or a step smaller. */
/** @typedef {{ people?: number, seconds?: number, loops?: number, thinkMs?: number }} Limits */
/** @typedef {{ config: any, scenarios: { flow: Record<string, any>[] }[] }} Script */

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

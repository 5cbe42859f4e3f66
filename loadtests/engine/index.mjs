import { call } from './calls.mjs'
import { act } from './mix.mjs'
import { register } from './person.mjs'
import { flap, watch } from './presence.mjs'
import { cut, storm } from './storm.mjs'
import { connect, hangUp, join, leave, meet, post } from './talk.mjs'

/** The steps of a flow besides Artillery's own `think` and `loop`. */
const STEPS = { register, join, connect, post, act, cut, storm, watch, flap, call, meet, leave }

/** @typedef {{ vars: Record<string, unknown>, beseda?: import('./person.mjs').Person }} Context */
/** @typedef {(error: unknown, context?: Context) => void} Callback */
/** @typedef {(context: Context, callback: Callback) => void} Task */
/** @typedef {import('./person.mjs').Metrics & { emit(event: 'started' | 'error', code?: string): unknown }} Events */

/** Loaded by Artillery for `engines: { beseda: {} }`; see its lib/core/engine_ws.ts for the shape of an engine. */
export default class BesedaEngine {
  /** @param {{ config: { target: string, defaults?: { think?: object } } }} script @param {unknown} _events @param {any} helpers engine_util of Artillery */
  constructor(script, _events, helpers) {
    this.config = script.config
    this.helpers = helpers
  }

  /** @param {{ flow: Record<string, any>[] }} scenario @param {Events} events */
  createScenario({ flow }, events) {
    const tasks = flow.map((spec) => this.#task(spec, events))
    return (/** @type {Context} */ context, /** @type {Callback} */ done) => {
      events.emit('started')
      /** @type {import('./person.mjs').Person} */
      const person = {}
      this.#run(tasks, { ...context, beseda: person }).then(
        (last) => done(null, last),
        (error) => {
          hangUp(person)
          events.emit('error', error.code ?? error.message)
          done(error, context)
        },
      )
    }
  }

  /** Runs tasks one after another, each with the context of the previous one. @param {Task[]} tasks @param {Context} context */
  async #run(tasks, context) {
    let current = context
    for (const task of tasks) {
      current = await new Promise((resolve, reject) => {
        task(current, (error, next) => (error ? reject(error) : resolve(next ?? current)))
      })
    }
    return current
  }

  /** @param {Record<string, any>} spec @param {Events} events @returns {Task} */
  #task(spec, events) {
    if (spec.think !== undefined) return this.helpers.createThink(spec, this.config.defaults?.think ?? {})
    if (spec.loop) {
      const steps = spec.loop.map((/** @type {Record<string, any>} */ each) => this.#task(each, events))
      return this.helpers.createLoopWithCount(spec.count ?? -1, steps, {
        loopValue: spec.loopValue ?? '$loopCount',
        overValues: spec.over,
      })
    }
    const [name = ''] = Object.keys(spec)
    const step = Object.hasOwn(STEPS, name) ? STEPS[/** @type {keyof typeof STEPS} */ (name)] : undefined
    if (!step) throw new Error(`no step "${name}": there are ${Object.keys(STEPS).join(', ')}, think and loop`)
    return (context, callback) => {
      const options = this.helpers.template(spec[name] ?? {}, context)
      Promise.resolve(
        step({ person: context.beseda ?? {}, target: this.config.target, metrics: events, options }),
      ).then(
        () => callback(null, context),
        (error) => callback(error),
      )
    }
  }
}

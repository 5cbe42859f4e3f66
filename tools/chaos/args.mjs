import { parseArgs } from 'node:util'

export const USAGE = `npm run chaos -- [--seed N] [--seconds N] [--people N] [--pause N] [--only TEXT]
  --seed     of the order of faults; chosen and printed when it is not given
  --seconds  how long faults go on, each of them once at least (default 300)
  --people   who talk (default 12)
  --pause    seconds that a pause or a cut lasts (default 8)
  --only     only faults with this text in their name`

/** @typedef {{ seed: number, seconds: number, people: number, pause: number, only: string | undefined }} ChaosOptions */

/** @param {readonly string[]} args @returns {ChaosOptions | undefined} undefined when they are invalid */
export function parseChaosArgs(args) {
  const text = /** @type {const} */ ({ type: 'string' })
  const options = { seed: text, seconds: text, people: text, pause: text, only: text }
  let values
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch {
    return undefined
  }
  const number = (/** @type {string | undefined} */ value, /** @type {number} */ fallback) =>
    value === undefined ? fallback : Number(value)
  const seed = number(values.seed, Math.floor(Math.random() * 2 ** 31))
  const [seconds, people, pause] = [number(values.seconds, 300), number(values.people, 12), number(values.pause, 8)]
  const fits = [seed, seconds, people, pause].every((value) => Number.isInteger(value) && value >= 0) && people >= 2
  return fits ? { seed, seconds, people, pause, only: values.only } : undefined
}

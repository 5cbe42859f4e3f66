import { duration } from '../lib/terminal.mjs'

/** A file of tests: the time to load, prepare and run it, in ms. @typedef {{ name: string, ms: number }} TimedFile */

const MOST = 10

/** The ten slowest files, a line each, with their share of the total time. @param {readonly TimedFile[]} files */
export function slowest(files) {
  const whole = files.reduce((sum, { ms }) => sum + ms, 0)
  return [...files]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST)
    .map(({ name, ms }) => `${duration(ms).padStart(10)}  ${Math.round((100 * ms) / whole)} %`.padEnd(18) + name)
}

import { CALIBRATION, calibrate } from './calibration.mjs'
import { merged } from './runs.mjs'
import { table } from './table.mjs'

/** Runs of every benchmark, unless --runs says otherwise. */
export const RUNS = { type: /** @type {const} */ ('string'), default: '3' }

/**
 * Repeats a benchmark and prints its tables, with the spread of the runs and the calibration of the machine.
 * @param {number} runs @param {readonly (readonly string[])[]} heads of the tables @param {(run: number) => Promise<string[][][]>} once the rows of each table
 */
export async function report(runs, heads, once) {
  /** @type {string[][][][]} */
  const found = []
  /** @type {string[][][]} */
  const calibrations = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}`)
    calibrations.push([await calibrate()])
    found.push(await once(run))
  }
  for (const [i, head] of heads.entries()) {
    const rows = merged(found.map((tables) => tables[i] ?? []))
    if (rows.length > 0) console.log(`${table(head, rows)}\n`)
  }
  console.log(`calibration of this machine, ${runs} runs:\n\n${table(CALIBRATION, merged(calibrations))}`)
}

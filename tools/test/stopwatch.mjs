import { cpus } from 'node:os'
import { duration } from '../lib/terminal.mjs'

/** Processor time of this machine since it started, in ms, summed over its processors. @typedef {{ idle: number, all: number }} Spent */

/** @returns {Spent} */
function spent() {
  const times = cpus().map((each) => each.times)
  const all = times.flatMap(({ user, nice, sys, idle, irq }) => [user, nice, sys, idle, irq])
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0)
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(all) }
}

/** How busy all processors were between two times, 0 to 1. @param {Spent} before @param {Spent} after */
export const busyBetween = (before, after) =>
  after.all > before.all ? 1 - (after.idle - before.idle) / (after.all - before.all) : 0

/** Starts to measure; the answer tells how long it took, and how busy this machine was: `3 min 5 s   processors 87 % busy`. */
export function stopwatch() {
  const [began, before] = [performance.now(), spent()]
  return () => {
    const busy = Math.round(100 * busyBetween(before, spent()))
    return `${duration(performance.now() - began).padStart(12)}   processors ${busy} % busy`
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import { Refused } from './api.mjs'
import { timed } from './person.mjs'

/** @typedef {import('./person.mjs').Step} Step */

/** Cuts the socket as a network failure would, and resumes with its cursors. @param {Step} step */
export async function cut({ person: { socket, token }, metrics }) {
  if (!socket || !token) throw new Refused('cut_before_connect')
  await timed(metrics, 'resume', () => socket.resume(token))
}

/**
 * A storm: everybody in this process is disconnected at the same moment, the next multiple of `every` seconds of the clock.
 * @param {Step} step
 */
export async function storm(step) {
  const everyMs = Number(step.options.every ?? 10) * 1_000
  await wait(everyMs - (Date.now() % everyMs))
  await cut(step)
}

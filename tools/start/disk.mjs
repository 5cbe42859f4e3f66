import { statfs } from 'node:fs/promises'
import { Advice } from '../lib/root.mjs'

const MB = 1024 * 1024
/**
 * A disk with less is full. Less: NATS and the views fail at the first burst of messages; more: a small machine is refused that would work
 * for weeks.
 */
export const LEAST_FREE_MB = 64

/** @param {string} folder that exists */
async function freeMb(folder) {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / MB)
}

/** @param {string} folder that exists @param {number} [least] in MB */
export const hasRoom = async (folder, least = LEAST_FREE_MB) => (await freeMb(folder)) >= least

/** Errors: a sentence when the disk is full. @param {string} folder that exists @param {number} [least] in MB */
export async function assertRoom(folder, least = LEAST_FREE_MB) {
  const free = await freeMb(folder)
  if (free < least)
    throw new Advice(
      `The disk of ${folder} is full: ${free} MB are free, ${least} MB are needed. Make room and start again.`,
    )
}

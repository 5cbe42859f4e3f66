import { readdirSync, statfsSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Advice } from '../lib/root.mjs'

const GB = 1024 ** 3
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

/**
 * What uploaded files may take, in GB: what they take, and half of what is free, so that they never fill the disk of the log.
 * @param {string} nats the folder of its data
 */
export function roomForFilesGb(nats) {
  const pieces = join(nats, 'jetstream', '$G', 'streams', 'OBJ_files', 'msgs')
  const taken = bytesIn(pieces)
  const { bavail, bsize } = statfsSync(nats)
  return Math.max(1, Math.floor((taken + (bavail * bsize) / 2) / GB))
}

/** @param {string} folder or nothing */
function bytesIn(folder) {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  } catch {
    // There are no files yet, or NATS has just removed one.
    return 0
  }
}

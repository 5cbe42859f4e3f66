import { constants } from 'node:fs'
import { copyFile, stat, truncate } from 'node:fs/promises'

/**
 * A log file with more becomes the older one. Larger: a dozen processes that complain take more of a small disk (two files each); smaller: an
 * error of last night is gone in the morning.
 */
export const MOST_LOG_BYTES = 16 * 1024 * 1024

/** The one older log that is kept. @param {string} file */
export const olderOf = (file) => file.replace(/\.log$/, '.1.log')

/**
 * Copies a full log over the older one, and empties it. It is not renamed: the process writes on into the same file, which it has open for
 * appending. Lines that come between the two steps are lost. True when it was done.
 * @param {string} file @param {number} most bytes
 */
export async function rotate(file, most) {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size <= most) return false
  await copyFile(file, olderOf(file), constants.COPYFILE_FICLONE)
  await truncate(file)
  return true
}

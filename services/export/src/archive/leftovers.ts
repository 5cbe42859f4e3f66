import { existsSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST } from './adapters/manifest.js'

/** The file in which an export keeps what it has read, texts among it, until it is whole. */
export const WORKBOOK = 'work.sqlite'

/** What an export has written into its folder. */
const OURS = /^(?:(?:messages|events)-\d{5}\.(?:csv|jsonl)(?:\.partial)?|manifest\.json\.partial|attachments|eml)$/

/** With its log: after a crash the log has pages that the file does not have yet, so it goes first. */
export async function dropWorkbook(folder: string): Promise<void> {
  for (const suffix of ['-wal', '-shm', '']) await rm(join(folder, WORKBOOK + suffix), { force: true })
}

/**
 * Deletes what an export has written that nobody will finish: what people delete afterwards would stay in it. Anything else in the folder
 * stays. Returns a sentence. Errors: a sentence when there is no such export.
 */
export async function discardArchive(folder: string): Promise<string> {
  if (existsSync(join(folder, MANIFEST))) throw new Error(`${folder} holds a finished export: delete it yourself.`)
  if (!existsSync(join(folder, WORKBOOK))) throw new Error(`${folder} holds no unfinished export.`)
  for (const name of await readdir(folder)) {
    if (OURS.test(name)) await rm(join(folder, name), { recursive: true })
  }
  // Last: it says that the rest was an export's.
  await dropWorkbook(folder)
  if ((await readdir(folder)).length === 0) await rmdir(folder)
  return `discarded the unfinished export in ${folder}`
}

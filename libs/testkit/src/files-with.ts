import { type Dirent, existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files anywhere below the folder whose bytes contain one of the words, as `word in path`, bytes as hexadecimal digits. */
export async function filesWith(folder: string, words: readonly (string | Buffer)[]): Promise<string[]> {
  const entries = await entriesBelow(folder)
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const found = await Promise.all(
    paths.map(async (path) => {
      // A server may remove a file at any moment.
      const bytes = await readFile(path).catch(() => Buffer.of())
      return words
        .filter((word) => bytes.includes(word))
        .map((word) => `${typeof word === 'string' ? word : word.toString('hex')} in ${path.slice(folder.length + 1)}`)
    }),
  )
  return found.flat()
}

/** A server may remove a folder while it is read: then all is read again. */
async function entriesBelow(folder: string): Promise<Dirent[]> {
  for (;;) {
    try {
      return await readdir(folder, { withFileTypes: true, recursive: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT' && existsSync(folder))) throw error
    }
  }
}

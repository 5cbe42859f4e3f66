import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files anywhere below the folder whose bytes contain one of the words, as `word in path`. */
export async function filesWith(folder: string, words: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const found = await Promise.all(
    paths.map(async (path) => {
      // A server may remove a file at any moment.
      const bytes = await readFile(path).catch(() => Buffer.of())
      return words.filter((word) => bytes.includes(word)).map((word) => `${word} in ${path.slice(folder.length + 1)}`)
    }),
  )
  return found.flat()
}

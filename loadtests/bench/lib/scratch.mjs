import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteView } from '@beseda/event-log'

/** @typedef {{ view: SqliteView, bytes(): number }} Scratch */

/**
 * A view in a file that is deleted afterwards, however the work ends.
 * @param {import('@beseda/event-log').ViewDefinition} definition @param {(scratch: Scratch) => Promise<void>} work
 */
export async function withScratchView(definition, work) {
  const folder = mkdtempSync(join(tmpdir(), 'beseda-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const giveUp = () => {
    remove()
    process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, giveUp)
  const file = join(folder, 'view.sqlite')
  const view = SqliteView.open(file, definition)
  try {
    await work({ view, bytes: () => sizeOf(view, file) })
  } finally {
    view.close()
    remove()
  }
}

/** Size including the write-ahead log. @param {SqliteView} view @param {string} file */
function sizeOf(view, file) {
  view.get('PRAGMA wal_checkpoint(TRUNCATE)')
  return statSync(file).size
}

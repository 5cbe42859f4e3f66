/**
 * The thread that answers the slow queries on a view, one after the other, on a connection of its own that only reads. It imports
 * no other file of the project at run time, and Node can strip its types (no parameter properties): it runs from the source and from the build.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Answer, Question } from './messages.js'

/** Page cache. Every commit of the writer empties it, so it serves one query, or a few. */
const CACHE_KIB = 16 * 1024
/** How long a query waits where SQLite makes readers wait: while a write-ahead log is begun. */
const BUSY_MS = 5_000

let db: DatabaseSync | undefined
const statements = new Map<string, StatementSync>()

function prepare(sql: string): StatementSync {
  if (!db) {
    db = new DatabaseSync(String(workerData), { readOnly: true, timeout: BUSY_MS })
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
  }
  let statement = statements.get(sql)
  if (!statement) {
    statement = db.prepare(sql)
    statements.set(sql, statement)
  }
  return statement
}

function answer({ id, sql, values }: Question): Answer {
  try {
    return { id, rows: prepare(sql).all(...values) }
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined
    return { id, error: error instanceof Error ? error.message : String(error), errcode }
  }
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)))

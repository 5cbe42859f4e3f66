import { accessSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { faultOf } from './view-fault.js'

/**
 * Why a view begins empty and is built again from the log. `damaged`: SQLite cannot read the file. `unreadable`: it cannot be opened.
 * `foreign`: it holds other tables. `ahead`: its checkpoint lies beyond the end of the stream. `epoch`: the stream was created anew.
 * `version`: it was made by another version of the service. `requested`: `--rebuild`.
 */
export type RebuildReason = 'damaged' | 'unreadable' | 'foreign' | 'ahead' | 'epoch' | 'version' | 'requested'

/** What a file must hold to be the file of a view. */
export interface ViewTables {
  readonly name: string
  readonly version: number
  readonly schema: string
}

export interface OpenedFile {
  readonly db: DatabaseSync
  /** The file that was there could not be used; the new one is empty. */
  readonly rebuild?: { readonly reason: RebuildReason; readonly cause?: unknown }
}

/** Page cache of each view, which is filled for good. More: less memory for others; less: slower rebuilds (with SQLite's own 2 MB the same index pages are written again and again). */
const CACHE_KIB = 16 * 1024
/**
 * Pages in the write-ahead log (16 MB) before a checkpoint moves them into the file and waits for the disk. SQLite's default is 1,000.
 * More: a larger file on disk; fewer: the service pauses more often under load.
 */
const LOG_PAGES = 4_000

/** How long a write waits for another connection: a write-ahead log that is being cut, while somebody writes outside the fold. */
const BUSY_MS = 10_000

/** Who moves the pages of the write-ahead log into the file: this connection as it writes, or another one (`Checkpoints`). */
export type CheckpointsMade = 'here' | 'elsewhere'

const IDENTITY = `
  CREATE TABLE view_identity (name TEXT NOT NULL, version INTEGER NOT NULL);
  CREATE TABLE view_checkpoint (stream TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL)`

/** Opens the file of a view. One that cannot be used is set aside, and the view begins empty. Errors: of the disk, when it takes no file. */
export function openViewFile(file: string, tables: ViewTables, checkpoints: CheckpointsMade = 'here'): OpenedFile {
  if (file !== ':memory:' && !existsSync(file)) {
    const condemned = existsSync(asideOf(file))
    return { db: create(file, tables, checkpoints), ...(condemned && { rebuild: { reason: 'damaged' } }) }
  }
  const { db, rebuild } = file === ':memory:' ? {} : openExisting(file, tables, checkpoints)
  if (db) return { db }
  if (rebuild?.reason === 'version') removeViewFile(file)
  else if (rebuild) setAside(file)
  return { db: create(file, tables, checkpoints), ...(rebuild && { rebuild }) }
}

/**
 * Renames a file that cannot be used, with its write-ahead log, so that somebody can look at it. An older one is deleted. A process
 * that has the file open keeps it.
 */
export function setAside(file: string): void {
  const aside = asideOf(file)
  removeViewFile(aside)
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  }
}

/** Deletes a file that was set aside longer ago than this: it may hold what was erased since. */
export function dropAside(file: string, olderThanMs: number): void {
  const aside = asideOf(file)
  const stats = statSync(aside, { throwIfNoEntry: false })
  if (stats && Date.now() - stats.ctimeMs > olderThanMs) removeViewFile(aside)
}

/** Whether the file holds this view, as far as a start can tell. */
export function isViewFile(file: string, tables: ViewTables): boolean {
  const { db } = openExisting(file, tables, 'here')
  db?.close()
  return db !== undefined
}

export function removeViewFile(file: string): void {
  if (file === ':memory:') return
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true, recursive: true })
}

const asideOf = (file: string): string => `${file}.aside`

function openExisting(
  file: string,
  tables: ViewTables,
  checkpoints: CheckpointsMade,
): { db?: DatabaseSync; rebuild?: OpenedFile['rebuild'] } {
  let db: DatabaseSync | undefined
  try {
    if (!statSync(file).isFile()) return { rebuild: { reason: 'unreadable' } }
    accessSync(file, constants.R_OK | constants.W_OK)
    db = new DatabaseSync(file, { timeout: BUSY_MS })
    const reason = unfitness(db, tables)
    if (!reason) {
      configure(db, checkpoints)
      return { db }
    }
    db.close()
    return { rebuild: { reason } }
  } catch (cause) {
    if (db?.isOpen) db.close()
    const fault = isDenied(cause) ? 'unreadable' : faultOf(cause)
    if (fault === undefined || fault === 'full') throw sayFull(cause, file)
    return { rebuild: { reason: fault, cause } }
  }
}

const isDenied = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EACCES'

const sayFull = (error: unknown, file: string): unknown =>
  faultOf(error) === 'full' ? new Error(`the disk is full: ${dirname(file)}`, { cause: error }) : error

/**
 * Why this database is not the view; undefined: it is. Bounded by the number of tables, not by their size, because every start waits
 * for it: the header, the length of the file, the schema and the first row of each table. Damage elsewhere shows when it is read.
 */
function unfitness(db: DatabaseSync, tables: ViewTables): RebuildReason | undefined {
  const found = schemaOf(db)
  if (!found.has('view_identity') || !found.has('view_checkpoint')) return 'foreign'
  const identity = db.prepare('SELECT name, version FROM view_identity').get()
  if (identity?.name !== tables.name) return 'foreign'
  if (identity.version !== tables.version) return 'version'
  const wanted = expectedSchema(tables)
  if (found.size !== wanted.size || [...wanted].some(([name, sql]) => found.get(name) !== sql)) return 'foreign'
  for (const [name, sql] of found) {
    if (sql.startsWith('CREATE TABLE')) db.prepare(`SELECT * FROM "${name}" LIMIT 1`).get()
  }
  return undefined
}

/** Statements that made the tables and indexes, by name, without differences of white space. */
function schemaOf(db: DatabaseSync): ReadonlyMap<string, string> {
  const rows = db
    .prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    .all()
  return new Map(rows.map(({ name, sql }) => [String(name), String(sql).replace(/\s+/g, ' ')]))
}

function expectedSchema({ schema }: ViewTables): ReadonlyMap<string, string> {
  const db = new DatabaseSync(':memory:')
  try {
    db.exec(IDENTITY)
    db.exec(schema)
    return schemaOf(db)
  } finally {
    db.close()
  }
}

function create(file: string, { name, version, schema }: ViewTables, checkpoints: CheckpointsMade): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { timeout: BUSY_MS })
    configure(db, checkpoints)
    db.exec('BEGIN IMMEDIATE')
    db.exec(IDENTITY)
    db.exec(schema)
    db.prepare('INSERT INTO view_identity (name, version) VALUES (?, ?)').run(name, version)
    db.exec('COMMIT')
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    throw sayFull(error, file)
  }
}

function configure(db: DatabaseSync, checkpoints: CheckpointsMade): void {
  // NORMAL in WAL mode can lose the newest transactions in a power cut, but never their order; they are folded again from the log.
  // Deleted rows are overwritten: an erased message must not survive in a free page.
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON',
  )
  const pages = checkpoints === 'here' ? LOG_PAGES : 0
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${pages}`)
}

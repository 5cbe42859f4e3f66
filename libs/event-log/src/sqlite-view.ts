import { rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { StreamBatch } from './fold-batcher.js'
import type { StoredCommit } from './port.js'

/** How a service folds commits into tables. With a new `version` the old file is deleted and the view is rebuilt from the log. */
export interface ViewDefinition {
  readonly name: string
  readonly version: number
  /** `CREATE TABLE …; CREATE INDEX …`, executed on an empty file. */
  readonly schema: string
  /** Folds one commit. Depends on the tables and the commit alone; a throw stops the projection. */
  apply(view: SqliteView, commit: StoredCommit): void
}

export interface Checkpoint {
  readonly epoch: string
  readonly seq: number
}

/** Values that SQLite stores. A 64-bit integer comes back as a number; it must be a safe one. */
export type SqlValue = string | number | bigint | null | Uint8Array

/**
 * A view in a local SQLite file. The checkpoint of each stream is written in the transaction that folds its commits, so every commit
 * is folded exactly once, whatever is killed when. The file can be deleted at any time: the view is rebuilt from the log.
 */
export class SqliteView {
  readonly #statements = new Map<string, StatementSync>()

  private constructor(
    private readonly db: DatabaseSync,
    private readonly file: string,
    private readonly definition: ViewDefinition,
  ) {}

  /** `file` may be `:memory:`. */
  static open(file: string, definition: ViewDefinition): SqliteView {
    let db = openFile(file)
    const stored = db.prepare('SELECT name, version FROM view_identity').get()
    if (stored && (stored.name !== definition.name || stored.version !== definition.version)) {
      db.close()
      removeFile(file)
      db = openFile(file)
    }
    const view = new SqliteView(db, file, definition)
    if (!stored || db.prepare('SELECT 1 FROM view_identity').get() === undefined) {
      view.#transaction(() => {
        db.exec(definition.schema)
        db.prepare('INSERT INTO view_identity (name, version) VALUES (?, ?)').run(definition.name, definition.version)
      })
    }
    return view
  }

  checkpoint(stream: string): Checkpoint | undefined {
    const row = this.get<{ epoch: string; seq: number }>(
      'SELECT epoch, seq FROM view_checkpoint WHERE stream = ?',
      stream,
    )
    return row && { epoch: row.epoch, seq: row.seq }
  }

  /** Folds the commits and advances the checkpoint, all or nothing. */
  applyBatch(stream: string, epoch: string, commits: readonly StoredCommit[]): void {
    this.applyAll([{ stream, epoch, commits }])
  }

  /** Like {@link applyBatch}, for several streams: all of them or none. */
  applyAll(batches: readonly StreamBatch[]): void {
    this.#transaction(() => {
      for (const { stream, epoch, commits } of batches) {
        const last = commits.at(-1)
        if (!last) continue
        for (const commit of commits) this.definition.apply(this, commit)
        this.run(
          'INSERT INTO view_checkpoint (stream, epoch, seq) VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq',
          stream,
          epoch,
          last.seq,
        )
      }
    })
  }

  /** The first row; undefined when there is none. Statements are prepared once. */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[]
  }

  /** Like {@link get}, with values by name (`:name`). */
  getNamed<Row>(sql: string, values: Readonly<Record<string, SqlValue>>): Row | undefined {
    return this.#prepare(sql).get(values) as Row | undefined
  }

  allNamed<Row>(sql: string, values: Readonly<Record<string, SqlValue>>): Row[] {
    return this.#prepare(sql).all(values) as Row[]
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  /** Like {@link run}, with values by name. */
  runNamed(sql: string, values: Readonly<Record<string, SqlValue>>): number {
    return Number(this.#prepare(sql).run(values).changes)
  }

  /** Several changes outside the fold, all or nothing. */
  atomically(work: () => void): void {
    this.#transaction(work)
  }

  close(): void {
    this.#statements.clear()
    this.db.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #transaction(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.db.exec('COMMIT')
    } catch (error) {
      this.db.exec('ROLLBACK')
      throw error
    }
  }

  /** The same view, empty, in a new file: for a stream with a new epoch. */
  reset(): SqliteView {
    this.close()
    removeFile(this.file)
    return SqliteView.open(this.file, this.definition)
  }
}

/** Page cache of each view. More: less memory for others; less: slower rebuilds (with SQLite's own 2 MB the same index pages are written again and again). */
const CACHE_KIB = 32 * 1024
/**
 * Pages in the write-ahead log (16 MB) before a checkpoint moves them into the file and waits for the disk. SQLite's default is 1,000.
 * More: a larger file on disk; fewer: the service pauses more often under load.
 */
const LOG_PAGES = 4_000

function openFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  // NORMAL in WAL mode can lose the newest transactions in a power cut, but never their order; they are folded again from the log.
  // Deleted rows are overwritten: an erased message must not survive in a free page.
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON',
  )
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`)
  db.exec('CREATE TABLE IF NOT EXISTS view_identity (name TEXT NOT NULL, version INTEGER NOT NULL)')
  db.exec(
    'CREATE TABLE IF NOT EXISTS view_checkpoint (stream TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL)',
  )
  return db
}

function removeFile(file: string): void {
  if (file === ':memory:') return
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
}

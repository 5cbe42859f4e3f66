import { rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Piece } from './fold-round.js'
import type { StoredCommit } from './port.js'

/** How a service folds commits into tables. A new `version` throws the old file away: it is rebuilt from the log. */
export interface ViewDefinition {
  readonly name: string
  readonly version: number
  /** `CREATE TABLE …; CREATE INDEX …`, run on an empty file. */
  readonly schema: string
  /** Folds one commit. Must depend on nothing but the tables and the commit; a throw stops the projection. */
  apply(view: SqliteView, commit: StoredCommit): void
}

export interface Checkpoint {
  readonly epoch: string
  readonly seq: number
}

/** Values that SQLite keeps; a 64-bit integer comes back as a number as long as it is a safe one. */
export type SqlValue = string | number | bigint | null | Uint8Array

/**
 * A view in a local SQLite file. The checkpoint of each stream is written in the transaction that applies its commits, so
 * every commit is folded exactly once whatever is killed. The file is disposable.
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

  /** Folds the commits and moves the checkpoint, all or nothing. */
  applyBatch(stream: string, epoch: string, commits: readonly StoredCommit[]): void {
    this.applyTogether([{ stream, epoch, commits }])
  }

  /** Like {@link applyBatch}, for several streams: all of them or none. */
  applyTogether(pieces: readonly Piece[]): void {
    this.#transaction(() => {
      for (const { stream, epoch, commits } of pieces) {
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

  /** One row, or undefined. Statements are prepared once. */
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

  /** The number of rows changed. */
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

  /** The same view, empty: for a new epoch of a stream. The file is made anew. */
  reset(): SqliteView {
    this.close()
    removeFile(this.file)
    return SqliteView.open(this.file, this.definition)
  }
}

/** Pages kept in memory, for each view. More: less memory for others; less: slower rebuilds. */
const CACHE_KIB = 32 * 1024
/**
 * Pages of the write-ahead log before they are moved into the file, which waits for the disk (16 MB; SQLite's own: 1,000). More: a larger
 * file beside it; fewer: the service stands still more often under load.
 */
const LOG_PAGES = 4_000

function openFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  // NORMAL in WAL mode can lose the newest transactions in a power cut, never their order: the log has them.
  // What is deleted is overwritten: a message that was erased from the log must not stay in a free page.
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON',
  )
  // With SQLite's own 2 MB a rebuild writes the same pages of its indexes again and again.
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

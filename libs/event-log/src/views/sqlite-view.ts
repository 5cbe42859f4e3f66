import { renameSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredCommit } from '../port.js'
import type { Checkpoints } from './checkpoints/checkpoints.js'
import type { StreamBatch } from './fold-batcher.js'
import { ViewReader } from './reader/view-reader.js'
import type { SqlValue } from './sql-value.js'
import { faultOf } from './view-fault.js'
import { isViewFile, openViewFile, type RebuildReason, removeViewFile, setAside, type ViewTables } from './view-file.js'

/** How a service folds commits into tables. With a new `version` the old file is deleted and the view is rebuilt from the log. */
export interface ViewDefinition extends ViewTables {
  /** `CREATE TABLE …; CREATE INDEX …`, executed on an empty file. */
  readonly schema: string
  /** Folds one commit. Depends on the tables and the commit alone; a throw stops the projection. */
  apply(view: SqliteView, commit: StoredCommit): void
  /**
   * Filters of subjects, such as `history.*.*.roster`, whose commits come into the view as soon as they are stored. The others come with them,
   * within a second, or when somebody waits for one (ADR 69). Default: all come at once.
   */
  readonly prompt?: readonly string[]
}

export interface Checkpoint {
  readonly epoch: string
  readonly seq: number
}

/** Hears what happens to the file of a view. */
export interface ViewObserver {
  /** The view begins empty and is built again from the log. A view that had no file is not told. */
  rebuilt?(reason: RebuildReason, cause?: unknown): void
  /** The file turned out to be damaged in use and has been set aside. The process should end: the next one builds the view again. */
  damaged?(error: unknown): void
}

/** Who moves what is written from the write-ahead logs into the files: a thread of its own. */
export type CheckpointThread = Pick<Checkpoints, 'keep' | 'cut' | 'held'>

/**
 * A view in a local SQLite file. The checkpoint of each stream is written in the transaction that folds its commits, so every commit
 * is folded exactly once, whatever is killed when. The file can be deleted at any time: the view is rebuilt from the log.
 */
export class SqliteView {
  readonly #statements = new Map<string, StatementSync>()

  #condemned = false
  #reader: ViewReader | undefined

  private constructor(
    private readonly db: DatabaseSync,
    private readonly file: string,
    private readonly definition: ViewDefinition,
    private readonly observer: ViewObserver,
    private readonly checkpoints: CheckpointThread | undefined,
  ) {}

  /**
   * `file` may be `:memory:`. A file that is damaged, unreadable or of something else is set aside (`<file>.aside`), and the view
   * begins empty. Without `checkpoints`, this connection makes them itself. Errors: of the disk, when it takes no new file.
   */
  static open(
    file: string,
    definition: ViewDefinition,
    observer: ViewObserver = {},
    checkpoints?: CheckpointThread,
  ): SqliteView {
    const { db, rebuild } = openViewFile(file, definition, checkpoints ? 'elsewhere' : 'here')
    if (rebuild) observer.rebuilt?.(rebuild.reason, rebuild.cause)
    checkpoints?.keep(file)
    return new SqliteView(db, file, definition, observer, checkpoints)
  }

  get prompt(): readonly string[] | undefined {
    return this.definition.prompt
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
    return this.#use(() => this.#prepare(sql).get(...values)) as Row | undefined
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#use(() => this.#prepare(sql).all(...values)) as Row[]
  }

  /**
   * Like {@link all}, on another thread, for a query that may take longer than others should wait. It is answered as of a moment between
   * the call and the answer. Errors: RATE_LIMITED when too many wait; the reason of the signal when it aborts before the query begins.
   */
  async allSlowly<Row>(sql: string, values: readonly SqlValue[], signal?: AbortSignal): Promise<readonly Row[]> {
    if (this.file === ':memory:') return this.all<Row>(sql, ...values)
    this.#reader ??= new ViewReader(this.file)
    const rows = await this.#reader.all(sql, values, signal).catch((error: unknown) => this.#fail(error))
    return rows as readonly Row[]
  }

  /** Like {@link get}, with values by name (`:name`). */
  getNamed<Row>(sql: string, values: Readonly<Record<string, SqlValue>>): Row | undefined {
    return this.#use(() => this.#prepare(sql).get(values)) as Row | undefined
  }

  allNamed<Row>(sql: string, values: Readonly<Record<string, SqlValue>>): Row[] {
    return this.#use(() => this.#prepare(sql).all(values)) as Row[]
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#use(() => this.#prepare(sql).run(...values)).changes)
  }

  /** Like {@link run}, with values by name. */
  runNamed(sql: string, values: Readonly<Record<string, SqlValue>>): number {
    return Number(this.#use(() => this.#prepare(sql).run(values)).changes)
  }

  /** Several changes outside the fold, all or nothing. */
  atomically(work: () => void): void {
    this.#transaction(work)
  }

  /**
   * Moves the write-ahead log into the file and cuts it to nothing: until then the log holds the former state of pages, with what was
   * erased from them. False: somebody was reading; the next time does it.
   */
  async cutLog(): Promise<boolean> {
    if (this.checkpoints) return this.checkpoints.cut(this.file)
    return this.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0
  }

  /** Undefined: commits may be folded. Otherwise when they may: a write would wait for the disk with the whole thread. */
  held(): Promise<void> | undefined {
    return this.checkpoints?.held(this.file)
  }

  close(): void {
    void this.stopReading()
    this.#statements.clear()
    this.db.close()
  }

  /** No slow query runs any more; the next one would start the thread again. */
  async stopReading(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.stop()
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
    this.#use(() => {
      this.db.exec('BEGIN IMMEDIATE')
      try {
        work()
        this.db.exec('COMMIT')
      } catch (error) {
        // After some errors, such as a full disk, SQLite has rolled back already.
        if (this.db.isTransaction) this.db.exec('ROLLBACK')
        throw error
      }
    })
  }

  #use<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      return this.#fail(error)
    }
  }

  /** A file that turns out to be damaged is set aside at once, so that no later start trusts it. */
  #fail(error: unknown): never {
    const fault = faultOf(error)
    if ((fault === 'damaged' || fault === 'unreadable') && !this.#condemned) {
      this.#condemned = true
      if (this.file !== ':memory:') setAside(this.file)
      this.observer.damaged?.(error)
    }
    throw error
  }

  /** The same view, empty, in a new file. */
  reset(reason: RebuildReason): SqliteView {
    this.close()
    removeViewFile(this.file)
    const view = SqliteView.open(this.file, this.definition, this.observer, this.checkpoints)
    this.observer.rebuilt?.(reason)
    return view
  }

  /** The same view with the content of another file, which is moved here. Undefined: that file is not of this view; it stays as it is. */
  replaceBy(file: string): SqliteView | undefined {
    if (!isViewFile(file, this.definition)) return undefined
    this.close()
    removeViewFile(this.file)
    renameSync(file, this.file)
    return SqliteView.open(this.file, this.definition, this.observer, this.checkpoints)
  }
}

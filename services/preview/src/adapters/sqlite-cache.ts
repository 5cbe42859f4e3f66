import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Preview, PreviewCache } from '../application/ports.js'

/** A preview takes at most about 60 KB, and mostly far less: the file stays below 100 MB. */
const MAX_ROWS = 1_500

const MEMORY = ':memory:'

/** Previews in a file of the process. One that cannot be used is deleted, and the cache begins empty. */
export class SqliteCache implements PreviewCache {
  readonly #file: string
  #db: DatabaseSync

  /** `folder` may be `:memory:`. */
  constructor(folder: string) {
    if (folder !== MEMORY) mkdirSync(folder, { recursive: true })
    this.#file = folder === MEMORY ? MEMORY : join(folder, 'previews.sqlite')
    this.#db = tryOpen(this.#file) ?? this.#replaced()
  }

  get(url: string, now: number): { readonly preview: Preview | undefined } | undefined {
    const row = this.#use((db) => db.prepare('SELECT * FROM preview WHERE url = ? AND until > ?').get(url, now)) as
      | Row
      | undefined
    if (!row) return undefined
    if (row.found === 0) return { preview: undefined }
    const { title, description, site_name: siteName, picture, width, height } = row
    return {
      preview: { title, description, siteName, picture: picture ? { bytes: picture, width, height } : undefined },
    }
  }

  put(url: string, preview: Preview | undefined, until: number): void {
    const { title = '', description = '', siteName = '', picture } = preview ?? {}
    this.#use((db) => {
      db.prepare('INSERT OR REPLACE INTO preview VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        url,
        until,
        title,
        description,
        siteName,
        picture?.bytes ?? null,
        picture?.width ?? 0,
        picture?.height ?? 0,
        Number(preview !== undefined),
      )
      db.prepare(
        'DELETE FROM preview WHERE url IN (SELECT url FROM preview ORDER BY until DESC LIMIT -1 OFFSET ?)',
      ).run(MAX_ROWS)
    })
  }

  onApplicationShutdown(): void {
    this.#db.close()
  }

  /** Undefined when the file cannot be read or written: a damaged file, or a full disk. */
  #use<T>(work: (db: DatabaseSync) => T): T | undefined {
    try {
      return work(this.#db)
    } catch {
      // A damaged cache is replaced.
      this.#db.close()
      this.#db = this.#replaced()
      return undefined
    }
  }

  /** In memory until the next start when the disk takes no file. */
  #replaced(): DatabaseSync {
    if (this.#file !== MEMORY) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(this.#file + suffix, { force: true, recursive: true })
    }
    return tryOpen(this.#file) ?? open(MEMORY)
  }
}

function tryOpen(file: string): DatabaseSync | undefined {
  try {
    return open(file)
  } catch {
    // The disk is full or read-only: previews are kept in memory.
    return undefined
  }
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  try {
    db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS preview (
        url TEXT PRIMARY KEY, until INTEGER NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, site_name TEXT NOT NULL,
        picture BLOB, width INTEGER NOT NULL, height INTEGER NOT NULL, found INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS preview_until ON preview (until);
    `)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

interface Row {
  readonly title: string
  readonly description: string
  readonly site_name: string
  readonly picture: Uint8Array | null
  readonly width: number
  readonly height: number
  readonly found: number
}

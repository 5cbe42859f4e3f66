/**
 * The thread that moves what was written from the write-ahead logs of the views into their files. It waits for the disk, so that the
 * thread of the service does not. It imports no other file of the project at run time, and Node can strip its types (no parameter properties): it
 * runs from the source and from the build.
 */
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './messages.js'

/** Between two looks at the logs. Shorter: more wake-ups of an idle process; longer: more to move at once. */
const LOOK_MS = 100
/**
 * Pages (4 MB) that are moved at once. More: the disk, which may be that of the log, is busy for longer at a time; fewer: pages that
 * change again and again are written more often.
 */
const STEP_PAGES = 1_000
/** Pages that wait at which the steps follow each other without a pause: the service folds faster than they are moved. */
const HURRY_PAGES = 4 * STEP_PAGES
/** After a step, the disk is left alone for this many times as long as the step took. */
const REST = 2
/** Pages in a log (64 MB) at which it is cut, for which folding pauses. More: a larger file on disk; fewer: more pauses. */
const MAX_LOG_PAGES = 16_000
/** How long a cut waits for readers; meanwhile nothing is folded. Another one follows. */
const BUSY_MS = 500
/** After a failure, such as a full disk, nothing is tried for this long. */
const FAILED_MS = 2_000
/** Bytes of a log with one page, which is what a cut leaves. */
const ONE_PAGE_LOG = 32 + 24 + 4_096

const tell = (message: FromThread): void => parentPort?.postMessage(message)

interface Connections {
  readonly db: DatabaseSync
  /**
   * Always reads, as of the last step: while it does, nobody starts the log over from its beginning, for which the writer, the thread of
   * the service, would wait for the disk. It does not hinder the steps, because each moves it on.
   */
  readonly anchor: DatabaseSync
  /** The file may have been deleted, and made anew. */
  readonly inode: number
}

class KeptFile {
  #connections: Connections | undefined
  #restUntil = 0
  #failedUntil = 0
  #cutting: Promise<boolean> | undefined
  /** Somebody copies the file: nothing is moved into it. */
  #frozen = false
  /** Folding has paused. */
  held: () => void = () => undefined

  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  look(): void {
    if (this.#cutting || this.#frozen || performance.now() < this.#failedUntil) return
    const connections = this.#connect()
    if (!connections) return
    const { log, checkpointed } = pagesOf(connections.db)
    const waiting = log - checkpointed
    if (log > MAX_LOG_PAGES) void this.cut()
    else if (waiting >= STEP_PAGES && (waiting >= HURRY_PAGES || performance.now() >= this.#restUntil))
      this.#step(connections)
  }

  /** Everything is moved into the file, and then nothing until {@link thaw}: it can be copied. False: not now. */
  async freeze(): Promise<boolean> {
    if (this.#frozen || !(await this.cut()) || !this.#connections) return false
    this.#frozen = true
    return true
  }

  thaw(): void {
    this.#frozen = false
  }

  /** Everything is moved, and the log cut to nothing. False: somebody reads, writes or copies. */
  cut(): Promise<boolean> {
    if (this.#frozen) return Promise.resolve(false)
    this.#cutting ??= this.#cut()
      .catch((error: unknown) => {
        this.failed(error)
        return false
      })
      .finally(() => {
        this.#cutting = undefined
      })
    return this.#cutting
  }

  failed(error: unknown): void {
    this.#failedUntil = performance.now() + FAILED_MS
    tell({ kind: 'failed', file: this.#file, message: error instanceof Error ? error.message : String(error) })
  }

  /** The last connection to a file moves everything and deletes the log. */
  close(): void {
    this.#connections?.anchor.close()
    this.#connections?.db.close()
    this.#connections = undefined
  }

  async #cut(): Promise<boolean> {
    const connections = this.#connect()
    if (!connections || (statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0) <= ONE_PAGE_LOG)
      return true
    // Most of it while folding goes on.
    this.#step(connections)
    const held = new Promise<void>((resolve) => {
      this.held = resolve
    })
    tell({ kind: 'hold', file: this.#file })
    await held
    try {
      release(connections.anchor)
      const { busy } = checkpoint(connections.db, 'TRUNCATE')
      // Writes the first page, unchanged: who begins a log waits for the disk.
      if (busy === 0) connections.db.exec('PRAGMA user_version = 0')
      return busy === 0
    } finally {
      tell({ kind: 'go', file: this.#file })
    }
  }

  #step({ db, anchor }: Connections): void {
    const began = performance.now()
    release(anchor)
    anchor.exec('BEGIN')
    anchor.prepare('SELECT 1 FROM sqlite_schema').get()
    checkpoint(db, 'PASSIVE')
    const now = performance.now()
    this.#restUntil = now + REST * (now - began)
  }

  #connect(): Connections | undefined {
    const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino
    if (inode !== this.#connections?.inode) this.close()
    if (inode !== undefined) this.#connections ??= { db: open(this.#file), anchor: open(this.#file), inode }
    return this.#connections
  }
}

/** Never creates the file. */
function open(file: string): DatabaseSync {
  const url = pathToFileURL(file)
  url.searchParams.set('mode', 'rw')
  const db = new DatabaseSync(url, { timeout: BUSY_MS })
  try {
    db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function release(anchor: DatabaseSync): void {
  if (anchor.isTransaction) anchor.exec('ROLLBACK')
}

/** `log`: pages in the log; `checkpointed`: of these, how many are in the file. */
const pagesOf = (db: DatabaseSync) => checkpoint(db, 'NOOP')

function checkpoint(db: DatabaseSync, mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE') {
  const { busy, log, checkpointed } = db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() ?? {}
  return { busy: Number(busy), log: Number(log), checkpointed: Number(checkpointed) }
}

const files = new Map<string, KeptFile>()

function eachFile(work: (file: KeptFile) => void): void {
  for (const file of files.values()) {
    try {
      work(file)
    } catch (error) {
      file.failed(error)
    }
  }
}

const looking = setInterval(() => eachFile((file) => file.look()), LOOK_MS)

parentPort?.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'keep':
      if (!files.has(message.file)) files.set(message.file, new KeptFile(message.file))
      break
    case 'cut': {
      const { id, file } = message
      void (files.get(file)?.cut() ?? Promise.resolve(false)).then((done) => tell({ kind: 'cut', id, done }))
      break
    }
    case 'freeze': {
      const { id, file } = message
      void (files.get(file)?.freeze() ?? Promise.resolve(false)).then((done) => tell({ kind: 'cut', id, done }))
      break
    }
    case 'thaw':
      files.get(message.file)?.thaw()
      break
    case 'held':
      files.get(message.file)?.held()
      break
    case 'stop':
      clearInterval(looking)
      eachFile((file) => file.close())
      parentPort?.close()
      break
    default:
  }
})

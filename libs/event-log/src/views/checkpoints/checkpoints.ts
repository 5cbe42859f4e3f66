import { startThread } from '../thread.js'
import type { FromThread, ToThread } from './messages.js'

/** Hears what goes wrong. */
export interface CheckpointObserver {
  /** What was written stays in the log of the view; the next step tries again. */
  failed?(file: string, message: string): void
  /** The thread has ended, and with it all checkpoints: the process should end. */
  died(error: unknown): void
}

/** MB of the thread's heap: it holds nothing. */
const HEAP_MB = 16

/**
 * The checkpoints of the views of a process, on a thread of their own (ADR 67). The connections of the process make none
 * (`wal_autocheckpoint = 0`), so its own thread never waits for the disk.
 */
export class Checkpoints {
  readonly #thread: ReturnType<typeof startThread>
  readonly #ended: Promise<void>
  readonly #asked = new Map<number, (done: boolean) => void>()
  /** By file: folding pauses until it resolves. */
  readonly #holds = new Map<string, { readonly until: Promise<void>; readonly go: () => void }>()
  #lastId = 0
  #stopping = false

  constructor(private readonly observer: CheckpointObserver) {
    this.#thread = startThread(new URL('./thread.js', import.meta.url), { heapMb: HEAP_MB })
    this.#thread.on('message', (message: FromThread) => this.#hear(message))
    this.#ended = new Promise((resolve) => {
      this.#thread.once('error', (error) => this.#end(error, resolve))
      this.#thread.once('exit', () => this.#end(new Error('the thread of the checkpoints has ended'), resolve))
    })
  }

  /** From now on, what is written to the file leaves its write-ahead log by itself. The file may be deleted and made anew. */
  keep(file: string): void {
    this.#tell({ kind: 'keep', file })
  }

  /**
   * Cuts the write-ahead log of the file to nothing, unless nothing was written since the last time: until then it holds the former
   * state of pages, with what was erased from them. False: somebody was reading; the next cut tries again.
   */
  cut(file: string): Promise<boolean> {
    return this.#ask('cut', file)
  }

  /**
   * Moves everything that is written into the file, and then nothing until {@link thaw}: the file, without its write-ahead log, is the
   * view as of now, and can be copied. False: not now; somebody was reading, or copies it.
   */
  freeze(file: string): Promise<boolean> {
    return this.#ask('freeze', file)
  }

  thaw(file: string): void {
    this.#tell({ kind: 'thaw', file })
  }

  /** Undefined: the file may be written. Otherwise when it may: the write-ahead log is being cut. */
  held(file: string): Promise<void> | undefined {
    return this.#holds.get(file)?.until
  }

  /** Call it when the views are closed: moves everything and deletes the write-ahead logs. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true
      this.#thread.ref()
      this.#tell({ kind: 'stop' })
    }
    await this.#ended
  }

  #ask(kind: 'cut' | 'freeze', file: string): Promise<boolean> {
    if (this.#stopping) return Promise.resolve(false)
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#asked.set(id, resolve)
      this.#tell({ kind, file, id })
    })
  }

  #tell(message: ToThread): void {
    this.#thread.postMessage(message)
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'hold': {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#holds.set(message.file, { until: promise, go: resolve })
        this.#tell({ kind: 'held', file: message.file })
        break
      }
      case 'go':
        this.#go(message.file)
        break
      case 'cut':
        this.#asked.get(message.id)?.(message.done)
        this.#asked.delete(message.id)
        break
      case 'failed':
        this.observer.failed?.(message.file, message.message)
        break
      default:
    }
  }

  #go(file: string): void {
    this.#holds.get(file)?.go()
    this.#holds.delete(file)
  }

  /** The thread has ended: whoever waits for it gets an answer. */
  #end(error: unknown, ended: () => void): void {
    for (const file of [...this.#holds.keys()]) this.#go(file)
    for (const resolve of this.#asked.values()) resolve(false)
    this.#asked.clear()
    ended()
    if (this.#stopping) return
    this.#stopping = true
    this.observer.died(error)
  }
}

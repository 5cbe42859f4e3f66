import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Checkpoints } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { DONE, type Offer, PART_BYTES, sealed } from './parts.js'

export interface GiveOptions {
  readonly nats: NatsConnection
  readonly subject: string
  readonly file: string
  readonly checkpoints: Pick<Checkpoints, 'freeze' | 'thaw'>
  readonly logger: Logger
  /** For tests. */
  readonly idleMs?: number
}

/** A replica that asks for no part for this long has gone. Longer: what is erased meanwhile stays in the write-ahead log for longer. */
const IDLE_MS = 5_000
/** The longest copy: meanwhile the write-ahead log grows, and keeps what is erased. 10 GB at 100 MB/s take 100 s. */
const LONGEST_MS = 120_000

interface Given {
  readonly id: string
  readonly handle: FileHandle
  readonly bytes: number
  readonly parts: Subscription
  readonly began: number
  asked: number
}

/**
 * Gives new replicas of the service a copy of the view, one at a time, straight from its file: while a copy is given, the thread of the
 * checkpoints moves nothing into it. Nothing is stored for it, so nothing that is erased can stay in a copy (ADR 68).
 */
export class CopyGiver {
  #offers: Subscription | undefined
  #given: Given | undefined
  #opening = false
  #watch: ReturnType<typeof setInterval> | undefined
  /** Stays open as long as SQLite has the file open: to close it would give up SQLite's locks, which belong to the process. */
  #handle: { readonly inode: number; readonly handle: FileHandle } | undefined

  constructor(private readonly options: GiveOptions) {}

  /** Call it when the view is up to date. */
  start(): void {
    const { nats, subject } = this.options
    this.#offers = nats.subscribe(subject, {
      queue: 'replicas',
      callback: (error, message) => {
        if (error) this.#failed(error)
        else void this.#offer(message).catch((failure: unknown) => this.#failed(failure))
      },
    })
  }

  /** Gives none any more. */
  stop(): void {
    this.#offers?.unsubscribe()
    this.#end()
  }

  /** Call it when the view is closed. */
  async close(): Promise<void> {
    const handle = this.#handle?.handle
    this.#handle = undefined
    await handle?.close()
  }

  async #offer(message: Msg): Promise<void> {
    const answer = (offer: Offer) => message.respond(JSON.stringify(offer))
    if (this.#given || this.#opening) {
      answer({ kind: 'busy' })
      return
    }
    this.#opening = true
    try {
      const given = await this.#open()
      answer(given ? { kind: 'offer', id: given.id, bytes: given.bytes } : { kind: 'busy' })
    } finally {
      this.#opening = false
    }
  }

  async #open(): Promise<Given | undefined> {
    const { nats, subject, file, checkpoints } = this.options
    if (!(await checkpoints.freeze(file))) return undefined
    const id = newId()
    const handle = await this.#opened()
    const { size } = await handle.stat()
    const parts = nats.subscribe(`${subject}.${id}`, {
      callback: (error, message) => {
        if (error) this.#failed(error)
        else void this.#part(message).catch((failure: unknown) => this.#failed(failure))
      },
    })
    const now = performance.now()
    this.#given = { id, handle, bytes: size, parts, began: now, asked: now }
    this.#watch = setInterval(() => this.#endIfLeft(), this.options.idleMs ?? IDLE_MS)
    this.#watch.unref()
    return this.#given
  }

  async #opened(): Promise<FileHandle> {
    const { file } = this.options
    const inode = (await stat(file)).ino
    if (this.#handle?.inode !== inode) {
      await this.close()
      this.#handle = { inode, handle: await open(file, 'r') }
    }
    return this.#handle.handle
  }

  async #part(message: Msg): Promise<void> {
    const given = this.#given
    if (!given) return
    if (message.string() === DONE) {
      this.options.logger.info({ bytes: given.bytes }, 'another replica has got a copy of the view')
      this.#end()
      return
    }
    given.asked = performance.now()
    const at = Number(message.string())
    const part = new Uint8Array(Math.min(PART_BYTES, Math.max(0, given.bytes - at)))
    const { bytesRead } = await given.handle.read(part, 0, part.length, at)
    if (bytesRead === part.length && part.length > 0) message.respond(sealed(part))
  }

  #endIfLeft(): void {
    const now = performance.now()
    const { began = now, asked = now } = this.#given ?? {}
    if (now - asked >= (this.options.idleMs ?? IDLE_MS) || now - began >= LONGEST_MS) this.#end()
  }

  #end(): void {
    clearInterval(this.#watch)
    if (!this.#given) return
    this.#given.parts.unsubscribe()
    this.#given = undefined
    this.options.checkpoints.thaw(this.options.file)
  }

  #failed(err: unknown): void {
    this.options.logger.warn({ err }, 'cannot give a copy of the view')
    this.#end()
  }
}

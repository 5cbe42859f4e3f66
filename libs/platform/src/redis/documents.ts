import type { Redis } from 'ioredis'

/**
 * Sets the key only if it still holds the value that was read, and its deadline with it. ARGV: expected value ('' for none), new value
 * ('' deletes), TTL in ms; with a second key, a sorted set, also the deadline ('' for none) and its member.
 */
const REPLACE = `
local present = redis.call('GET', KEYS[1]) or ''
if present ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if #KEYS == 2 then
  if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[5]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5]) end
end
return 1
`
/** Lost races in a row after which something is wrong: each means that another process has changed the document. */
const MAX_RACES = 50

/** The outcome of a change: the new document (undefined deletes it) and a result for the caller. */
export interface DocumentChange<Document, Result> {
  readonly document: Document | undefined
  readonly result: Result
}

/** Turns documents into bytes and back: `decode(encode(document))` equals `document`. */
export interface DocumentCodec<Document> {
  encode(document: Document): Uint8Array
  decode(bytes: Uint8Array): Document
}

const json = <Document>(): DocumentCodec<Document> => ({
  encode: (document) => Buffer.from(JSON.stringify(document)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Document,
})
const NONE = Buffer.alloc(0)

/** Documents that one call of {@link RedisDocuments.due} gives: the others wait for the next one. */
const MAX_DUE = 500

export interface DocumentOptions<Document> {
  /** Stands before every key. */
  readonly prefix: string
  /** Life of a document, counted from its last change. */
  readonly ttlMs: number | ((document: Document) => number)
  /** JSON by default. */
  readonly codec?: DocumentCodec<Document>
  /** A sorted set of due times (Unix ms; undefined: never). A deadline changes in one step with its document. */
  readonly deadlines?: { readonly name: string; dueAt(document: Document): number | undefined }
}

/**
 * Small documents in Redis. Pure functions change them under compare-and-set (a Lua script): when two processes change a document at
 * once, the second decides again on the outcome of the first.
 */
export class RedisDocuments<Document> {
  readonly #codec: DocumentCodec<Document>

  constructor(
    private readonly redis: Redis,
    private readonly options: DocumentOptions<Document>,
  ) {
    this.#codec = options.codec ?? json()
  }

  async get(key: string): Promise<Document | undefined> {
    return this.#parse(await this.redis.getBuffer(this.options.prefix + key))
  }

  async getMany(keys: readonly string[]): Promise<(Document | undefined)[]> {
    if (keys.length === 0) return []
    const found = await this.redis.mgetBuffer(keys.map((key) => this.options.prefix + key))
    return found.map((bytes) => this.#parse(bytes))
  }

  /**
   * Changes a document. `change` may run several times; it throws, or returns the document that it was given, to change nothing.
   * Errors: those of `change`; an Error when 50 races in a row are lost.
   */
  async update<Result>(
    key: string,
    change: (document: Document | undefined) => DocumentChange<Document, Result>,
  ): Promise<DocumentChange<Document, Result>> {
    for (let race = 0; race < MAX_RACES; race++) {
      const bytes = await this.redis.getBuffer(this.options.prefix + key)
      const before = this.#parse(bytes)
      const changed = change(before)
      if (changed.document === before) return changed
      const { document } = changed
      const next = document === undefined ? NONE : Buffer.from(this.#codec.encode(document))
      if (await this.#replace(key, bytes, next, document)) return changed
    }
    throw new Error(`${this.options.prefix}${key} is changed by too many processes at once`)
  }

  /** At most 500 keys whose documents are due, the earliest first; also those of documents whose life has ended. */
  async due(now: number): Promise<readonly string[]> {
    const { deadlines } = this.options
    return deadlines ? this.redis.zrangebyscore(deadlines.name, '-inf', now, 'LIMIT', 0, MAX_DUE) : []
  }

  /** Number of documents with a deadline. */
  async scheduled(): Promise<number> {
    const { deadlines } = this.options
    return deadlines ? this.redis.zcard(deadlines.name) : 0
  }

  /** Sets the deadline of a document as it is now; that of a document whose life has ended is removed. */
  async settle(key: string): Promise<void> {
    const bytes = await this.redis.getBuffer(this.options.prefix + key)
    // When another process changes the document meanwhile, it sets the deadline, too.
    await this.#replace(key, bytes, bytes ?? NONE, this.#parse(bytes))
  }

  /** False: the document has changed since it was read. */
  async #replace(key: string, read: Buffer | null, next: Buffer, document: Document | undefined): Promise<boolean> {
    const { prefix, deadlines } = this.options
    const values = [read ?? NONE, next, this.#ttlOf(document)]
    if (!deadlines) return (await this.redis.eval(REPLACE, 1, prefix + key, ...values)) === 1
    const dueAt = document === undefined ? undefined : deadlines.dueAt(document)
    return (await this.redis.eval(REPLACE, 2, prefix + key, deadlines.name, ...values, dueAt ?? '', key)) === 1
  }

  #ttlOf(document: Document | undefined): number {
    const { ttlMs } = this.options
    if (typeof ttlMs === 'number') return ttlMs
    return document === undefined ? 1 : Math.max(1, Math.round(ttlMs(document)))
  }

  #parse(bytes: Uint8Array | null): Document | undefined {
    return bytes === null ? undefined : this.#codec.decode(bytes)
  }
}

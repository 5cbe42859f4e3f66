import type { Redis } from 'ioredis'

/** Sets the key only if it still holds the value that was read. ARGV: expected value ('' for none), new value ('' deletes), TTL in ms. */
const REPLACE = `
local present = redis.call('GET', KEYS[1]) or ''
if present ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
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

/**
 * Small documents in Redis, as JSON unless a codec is given. Pure functions change them under compare-and-set (a Lua script): when
 * two processes change a document at once, the second decides again on the outcome of the first.
 */
export class RedisDocuments<Document> {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    /** Life of a document, counted from its last change. */
    private readonly ttlMs: number | ((document: Document) => number),
    private readonly codec: DocumentCodec<Document> = json(),
  ) {}

  async get(key: string): Promise<Document | undefined> {
    return this.#parse(await this.redis.getBuffer(this.prefix + key))
  }

  async getMany(keys: readonly string[]): Promise<(Document | undefined)[]> {
    if (keys.length === 0) return []
    const found = await this.redis.mgetBuffer(keys.map((key) => this.prefix + key))
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
      const bytes = await this.redis.getBuffer(this.prefix + key)
      const before = this.#parse(bytes)
      const changed = change(before)
      if (changed.document === before) return changed
      const { document } = changed
      const next = document === undefined ? NONE : Buffer.from(this.codec.encode(document))
      const done = await this.redis.eval(REPLACE, 1, this.prefix + key, bytes ?? NONE, next, this.#ttlOf(document))
      if (done === 1) return changed
    }
    throw new Error(`${this.prefix}${key} is changed by too many processes at once`)
  }

  #ttlOf(document: Document | undefined): number {
    if (typeof this.ttlMs === 'number') return this.ttlMs
    return document === undefined ? 1 : Math.max(1, Math.round(this.ttlMs(document)))
  }

  #parse(bytes: Uint8Array | null): Document | undefined {
    return bytes === null ? undefined : this.codec.decode(bytes)
  }
}

/** Keys with due times, in a sorted set. Every replica may process the due ones. */
export class RedisDeadlines {
  constructor(
    private readonly redis: Redis,
    private readonly name: string,
  ) {}

  /** Undefined removes the key. */
  async set(key: string, dueAt: number | undefined): Promise<void> {
    if (dueAt === undefined) await this.redis.zrem(this.name, key)
    else await this.redis.zadd(this.name, dueAt, key)
  }

  /** Number of keys. */
  size(): Promise<number> {
    return this.redis.zcard(this.name)
  }

  /** At most 500 keys whose time has come, the earliest first. Times are Unix ms. */
  due(now: number): Promise<string[]> {
    return this.redis.zrangebyscore(this.name, '-inf', now, 'LIMIT', 0, 500)
  }
}

import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { WrittenFile } from '../application/ports.js'

/** Bytes that are written at once. */
const CHUNK = 256 * 1024

/** A file of an archive. It has its name only when it is whole and on the disk; before it is `<name>.partial`, which a new run overwrites. */
export class HashedFile {
  readonly #hash = createHash('sha256')
  #bytes = 0
  #waiting: Uint8Array[] = []
  #waitingBytes = 0

  private constructor(
    private readonly handle: FileHandle,
    private readonly target: string,
    private readonly path: string,
  ) {}

  /** `path`: relative to the folder, with `/`. */
  static async create(folder: string, path: string): Promise<HashedFile> {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    return new HashedFile(await open(`${target}.partial`, 'w', 0o600), target, path)
  }

  /** A file of these bytes. When they fail, nothing stays open. */
  static async of(folder: string, path: string, chunks: AsyncIterable<Uint8Array | string>): Promise<WrittenFile> {
    const file = await HashedFile.create(folder, path)
    try {
      for await (const chunk of chunks) await file.write(chunk)
      return await file.finish()
    } catch (error) {
      await file.discard()
      throw error
    }
  }

  async write(chunk: Uint8Array | string): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= CHUNK) await this.#flush()
  }

  async finish(): Promise<WrittenFile> {
    await this.#flush()
    await this.handle.datasync()
    await this.handle.close()
    await rename(`${this.target}.partial`, this.target)
    return { path: this.path, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  /** It is not finished, and will be written anew. */
  discard(): Promise<void> {
    return this.handle.close()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    await this.handle.writeFile(bytes)
  }
}

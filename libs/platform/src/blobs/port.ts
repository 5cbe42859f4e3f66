/** What is known of a stored blob without its bytes. */
export interface BlobInfo {
  readonly name: string
  readonly size: number
  /** Unix ms. */
  readonly storedAt: number
  readonly metadata: Readonly<Record<string, string>>
}

/** Bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Where bytes are kept that are too large for the bus. Names are `<uuid>` or `<uuid>.<word>`. One contract (`blobs.int.spec.ts`)
 * runs over every adapter.
 */
export interface BlobStore {
  /** Stores a stream as it comes. When the stream breaks, nothing is left, and its error is thrown. */
  put(name: string, content: ReadableStream<Uint8Array>, metadata: Readonly<Record<string, string>>): Promise<void>
  info(name: string): Promise<BlobInfo | undefined>
  /** The bytes, or a part of them; undefined: there is no such blob. */
  read(name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined>
  /** Replaces the metadata. */
  describe(name: string, metadata: Readonly<Record<string, string>>): Promise<void>
  /** Nothing happens when it is not there. */
  delete(name: string): Promise<void>
  /** Every blob, without its metadata. */
  list(): Promise<readonly Omit<BlobInfo, 'metadata'>[]>
  /** Removes what broken uploads of processes that died have left and that has not grown since the last call. */
  sweepRemains(): Promise<void>
}

/** A stream of bytes that are there already. */
export const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })

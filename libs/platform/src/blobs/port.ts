/** A stored blob without its bytes. */
export interface BlobInfo {
  readonly name: string
  /** Bytes. */
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
 * Stores bytes that are too large for the bus. Names are `<uuid>` or `<uuid>.<word>`. One contract (`blobs.int.spec.ts`) runs over
 * every adapter.
 */
export interface BlobStore {
  /** Stores a stream without collecting it first. When the stream fails, nothing stays behind and its error is thrown. */
  put(name: string, content: ReadableStream<Uint8Array>, metadata: Readonly<Record<string, string>>): Promise<void>
  /** Undefined when the blob does not exist. */
  info(name: string): Promise<BlobInfo | undefined>
  /** The bytes, or a range of them. Undefined when the blob does not exist. */
  read(name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined>
  /** Replaces the metadata. */
  describe(name: string, metadata: Readonly<Record<string, string>>): Promise<void>
  /** Does nothing when the blob does not exist. */
  delete(name: string): Promise<void>
  /** Bytes of all blobs together; undefined: the store does not tell, and has limits of its own. */
  bytes(): Promise<number | undefined>
  /** Every blob, without its metadata. */
  list(): Promise<readonly Omit<BlobInfo, 'metadata'>[]>
  /** Removes remains of uploads whose process died. Call it at intervals: an upload that has grown since the last call stays. */
  sweepRemains(): Promise<void>
}

/** The name of a piece of a recording, before one file is made of all; counted from 0. */
export const pieceOf = (recordingId: string, n: number): string => `${recordingId}.${n}`

/** A stream of bytes that are in memory. */
export const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })

import type { Commit } from '@beseda/proto/log/v1/commit'

/** A commit as it stands in the log. */
export interface StoredCommit {
  readonly stream: string
  readonly subject: string
  /** Sequence in the stream, from 1. */
  readonly seq: number
  readonly commit: Commit
  /** The stored bytes of `commit`, for forwarding without encoding again. */
  readonly bytes: Uint8Array
}

/** "The last commit on `subject` (not necessarily the one written) is `lastSeq`"; 0: there is none. Literal subjects only. */
export interface Expectation {
  readonly subject: string
  readonly lastSeq: number
}

export interface AppendRequest {
  readonly stream: string
  readonly subject: string
  /** `commit.id` makes the append idempotent: the same id by the same author on the same subject is a duplicate, whenever it comes. */
  readonly commit: Commit
  readonly expect?: Expectation
}

export type AppendResult =
  /** On disk. `duplicate`: this commit was there already, at `seq`. */
  | { readonly kind: 'appended'; readonly seq: number; readonly duplicate: boolean }
  /** The expectation does not hold and the commit is not in the log. `lastSeq`: what the server has instead, if it said. */
  | { readonly kind: 'conflict'; readonly lastSeq: number | undefined }

/** What is known of a stream. A new epoch means that sequences of the old one are meaningless. */
export interface StreamInfo {
  readonly epoch: string
  readonly firstSeq: number
  readonly lastSeq: number
}

export interface ReadOptions {
  /** Exclusive; 0: from the beginning. */
  readonly afterSeq: number
  /** Subject or subject filter with `*` tokens; undefined: the whole stream. */
  readonly filter?: string
  readonly limit: number
  /** Nothing beyond this sequence is wanted: a read that has reached it does not ask whether there is more. */
  readonly upTo?: number
}

export interface SubscribeOptions {
  readonly afterSeq: number
  readonly signal: AbortSignal
}

/** One batch of a subscription, in order, without holes. */
export interface SubscriptionBatch {
  readonly commits: readonly StoredCommit[]
  /** The subscription has reached what was the end of the stream when it began, or has been there since. */
  readonly caughtUp: boolean
}

/**
 * An append-only, ordered, durable log of commits in streams and subjects. One contract suite (`contract.ts`) runs over
 * every adapter.
 *
 * Errors: `LogUnavailable` when the outcome is not known after all retries (the commit may be in the log; append the
 * same commit again to find out). Reads throw it when no server answers in time.
 */
export interface EventStore {
  /**
   * At most one append with an expectation may be in flight per expected subject and process: callers queue
   * (see {@link SerialQueue}), else a replicated server refuses falsely.
   */
  append(request: AppendRequest): Promise<AppendResult>

  /** Commits after a place, oldest first. Sees everything acknowledged before the call. */
  read(stream: string, options: ReadOptions): Promise<readonly StoredCommit[]>

  /** The newest commit on a literal subject, or undefined. Sees everything acknowledged before the call. */
  last(stream: string, subject: string): Promise<StoredCommit | undefined>

  /**
   * Last sequence of every subject that matches one of the filters. Sees everything acknowledged before the call.
   * Filters are like `history.0.<group>.*`; thousands at once are fine.
   */
  heads(stream: string, filters: readonly string[]): Promise<ReadonlyMap<string, number>>

  info(stream: string): Promise<StreamInfo>

  /**
   * Removes one commit and overwrites its place. Sequences of the others stay; readers pass over the hole. Never the last
   * commit of a stream: who waits for that sequence would wait for ever (append first what explains the removal).
   */
  erase(stream: string, seq: number): Promise<void>

  /** Removes all commits on a subject up to a sequence, that one included. */
  purge(stream: string, subject: string, uptoSeq: number): Promise<void>

  /** Everything after a place and then live, until the signal aborts. Survives server restarts; ends only by the signal. */
  subscribe(stream: string, options: SubscribeOptions): AsyncIterable<SubscriptionBatch>
}

export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable'
}

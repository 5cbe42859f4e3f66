import type { Commit } from '@beseda/proto/log/v1/commit'
import type { Wake } from './wake.js'

/** A commit in the log. */
export interface StoredCommit {
  readonly stream: string
  readonly subject: string
  /**
   * Sequence in the stream, from 1: rises by one with each commit, over all of its subjects. An erased commit leaves a gap, so what a
   * reader gets rises and is not dense; and within one subject it never is. Whoever must know of a gap asks for the sequence before
   * (`CommitCopy.prevSeq`, `heads`), never for "one less".
   */
  readonly seq: number
  /** Errors when it is read: the bytes are no commit. */
  readonly commit: Commit
  /** The stored bytes of `commit`, so that it can be forwarded without being encoded again. */
  readonly bytes: Uint8Array
}

/** "The last commit on `subject` has the sequence `lastSeq`" (0: there is none). May be another subject than the one written; no filter. */
export interface Expectation {
  readonly subject: string
  readonly lastSeq: number
}

export interface AppendRequest {
  readonly stream: string
  readonly subject: string
  /**
   * `commit.id` makes the append idempotent: the same id by the same author on the same subject is a duplicate for two minutes, and
   * later as long as it comes with the same expectation on its own subject.
   */
  readonly commit: Commit
  readonly expect?: Expectation
  /**
   * What was decided on beside the expectation, as of its last change, such as `bots of <person> 4711`: of all commits of a stream with the
   * same guard, the log takes the first, and the others are conflicts (for two minutes, after which a view knows of the first; ADR 62).
   */
  readonly guard?: string | undefined
}

export type AppendResult =
  /** On disk. `duplicate`: this commit was there already, at `seq`. */
  | { readonly kind: 'appended'; readonly seq: number; readonly duplicate: boolean }
  /**
   * The expectation does not hold, or another commit has the guard; this commit is not in the log. `lastSeq`: the actual sequence, if the
   * server named it, or that of the other commit.
   */
  | { readonly kind: 'conflict'; readonly lastSeq: number | undefined }

/** A new epoch: the stream was created anew, and sequences of the old one mean nothing. */
export interface StreamInfo {
  readonly epoch: string
  readonly firstSeq: number
  readonly lastSeq: number
}

export interface ReadOptions {
  /** Exclusive; 0: from the start of the stream. */
  readonly afterSeq: number
  /** Subject or subject filter with `*` tokens; undefined: the whole stream. */
  readonly filter?: string
  readonly limit: number
  /** The last sequence of interest: a read that has reached it does not ask the log for more. */
  readonly upTo?: number
  /** A read that has this many bytes ends, although it has fewer than `limit` commits. */
  readonly enough?: number
}

export interface SubscribeOptions {
  readonly afterSeq: number
  readonly signal: AbortSignal
  /** Filters of subjects whose commits are delivered at once. The others come with them, after {@link POLL_MS}, or when `wake` is asked. */
  readonly prompt?: readonly string[] | undefined
  /** Delivers what is stored and was not delivered yet. */
  readonly wake?: Wake | undefined
}

/** Without news for this long, a subscription reads the log: bounds the delay when the bus has lost the last copy. */
export const POLL_MS = 1_000

/** One batch of a subscription, in order, without holes. */
export interface SubscriptionBatch {
  readonly commits: readonly StoredCommit[]
  /** The subscription has at least once reached the end that the stream had. */
  readonly caughtUp: boolean
}

/**
 * A durable, ordered, append-only log of commits in streams and subjects. One contract suite (`testing/contract.ts`) runs over every
 * adapter.
 *
 * Errors: `LogUnavailable` when no server has answered in time. After an append the outcome is unknown then: append the same commit
 * again to find out.
 */
export interface EventStore {
  /**
   * A process may have one append with an expectation in flight for each expected subject; callers queue (see `SerialQueue`).
   * Otherwise a replicated server refuses some of them without need.
   */
  append(request: AppendRequest): Promise<AppendResult>

  /** Commits after a sequence, oldest first. Sees everything acknowledged before the call. */
  read(stream: string, options: ReadOptions): Promise<readonly StoredCommit[]>

  /** The newest commit on a literal subject, or undefined. Sees everything acknowledged before the call. */
  last(stream: string, subject: string): Promise<StoredCommit | undefined>

  /**
   * Last sequence of every subject that matches one of the filters. Sees everything acknowledged before the call.
   * Filters are like `history.0.<group>.*`; a call may have thousands. `afterSeq`: only subjects that have a commit after this sequence.
   */
  heads(stream: string, filters: readonly string[], afterSeq?: number): Promise<ReadonlyMap<string, number>>

  info(stream: string): Promise<StreamInfo>

  /**
   * Removes one commit and overwrites its bytes. The others keep their sequences, and readers skip the gap. Never the last commit
   * of a stream: whoever waits for its sequence would wait for ever. Append the commit that explains the removal first.
   */
  erase(stream: string, seq: number): Promise<void>

  /** Removes all commits on a subject up to and including a sequence, and overwrites their bytes. */
  purge(stream: string, subject: string, uptoSeq: number): Promise<void>

  /** Everything after a sequence, then live commits. Survives server restarts; ends only when the signal aborts. */
  subscribe(stream: string, options: SubscribeOptions): AsyncIterable<SubscriptionBatch>
}

/** The servers of the log have no room for one more commit. It is not stored; what is stored stays readable. */
export class LogFull extends Error {
  override readonly name = 'LogFull'
}

export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable'
}

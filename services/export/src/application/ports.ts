import type { StoredCommit } from '@beseda/event-log'
import type { GroupFacts, Outgoing } from '../domain/outgoing.js'
import type { Place } from '../domain/placed.js'

/**
 * Where the history goes. After an error a sink is closed and a new one opened, which gets the same batch again: what arrived the first
 * time arrives twice.
 */
export interface Sink {
  /** Resolves when all of it is durable there. In order; one batch at a time. */
  send(batch: readonly Outgoing[]): Promise<void>
  /** Never fails: a sink is closed because it has failed, or is not needed any more. */
  close(): Promise<void>
}

/** Opens sinks of one kind. */
export interface Sinks {
  /** Label of metrics. */
  readonly kind: string
  /** Part of the checkpoints' keys, as `kafka/<topic>`: letters, digits, and `/=-_.`. */
  readonly name: string
  /** How often a sink wants a pulse, ms; undefined: never. */
  readonly pulseMs: number | undefined
  /** Errors: `SinkRefused` when the sink cannot keep what Beseda promises; others when it does not answer. */
  open(): Promise<Sink>
}

/** The sink answers, but must not be used as it is. The message is a sentence for the operator. */
export class SinkRefused extends Error {
  override readonly name = 'SinkRefused'
}

/** How people are called now. */
export abstract class Names {
  /** Without those who are unknown, or whose accounts are deleted. Errors: those of the service that knows. */
  abstract of(userIds: Iterable<string>): Promise<ReadonlyMap<string, PersonName>>
}

export interface PersonName {
  readonly username: string
  readonly displayName: string
}

/** How far the export of a stream has come. */
export interface Position {
  /** Of the stream: after a restore into a new one nothing of the old position counts. */
  readonly epoch: string
  readonly seq: number
}

export interface StoredCheckpoint extends Position {
  /** Which exporter wrote it last; empty: it has let go. */
  readonly holder: string
  readonly revision: number
}

/** Checkpoints that all exporters share. Every write is a compare-and-set, so that two of them cannot both advance. */
export interface Checkpoints {
  get(stream: string): Promise<StoredCheckpoint | undefined>
  /** The revision written; undefined: another exporter wrote since `revision` (0: there was none). */
  put(stream: string, position: Position, holder: string, revision: number): Promise<number | undefined>
}

/** Where the content that an erasure has moved is now. */
export interface MovedEvent {
  readonly seq: number
  readonly index: number
  /** Sequence of the CommitRedacted that holds it. */
  readonly storedSeq: number
}

/** What the exporter itself remembers of the log; ids and places only. */
export abstract class Contents implements GroupFacts {
  /** Resolves when everything of the stream up to `seq` is remembered. */
  abstract waitFor(stream: string, seq: number, signal: AbortSignal): Promise<void>
  abstract endedAt(groupId: string): number | undefined
  abstract messagesOf(groupId: string): Iterable<string>
  abstract erasedBy(place: Place): readonly string[]
  /** Events that stood in an erased commit from `first` to `last` and were kept, oldest place first. */
  abstract movedFrom(stream: string, first: number, last: number): readonly MovedEvent[]
}

/** Metrics and logs. */
export abstract class ExportObserver {
  abstract sent(stream: string, batch: readonly Outgoing[]): void
  /** What of a stream has been sent, and the first commit that waits. */
  abstract position(stream: string, seq: number, waiting: StoredCommit | undefined): void
  abstract sinkFailed(stream: string, error: unknown): void
  /** The log or the checkpoints do not answer; the export goes on when they do. */
  abstract interrupted(stream: string, error: unknown): void
  abstract taken(stream: string, from: Position): void
  abstract outrun(stream: string): void
  /** Another exporter lives and has the stream. */
  abstract elsewhere(stream: string): void
  abstract newEpoch(stream: string): void
}

import { setTimeout as pause } from 'node:timers/promises'
import type { EventStore } from '@beseda/event-log'
import type { Placed } from '../domain/placed.js'
import { keptIn } from '../domain/unfold.js'
import type { Contents } from './ports.js'

/** Between two looks for an event that an erasure is moving right now. */
const PATIENCE_MS = 200

interface Source {
  readonly store: EventStore
  readonly contents: Contents
}

/**
 * What an erasure has kept of the commits that are missing from `first` to `last`. The redaction is appended before its commit is removed
 * (ADR 9), so whoever meets a gap finds it by reading on to the end that the stream has at that moment.
 */
export async function movedInGaps(
  { store, contents }: Source,
  stream: string,
  first: number,
  last: number,
  signal: AbortSignal,
): Promise<readonly Placed[]> {
  if (last < first) return []
  const { lastSeq } = await store.info(stream)
  await contents.waitFor(stream, lastSeq, signal)
  const found: Placed[] = []
  for (const { seq, index } of contents.movedFrom(stream, first, last)) {
    const placed = await read({ store, contents }, stream, seq, index, signal)
    if (placed) found.push(placed)
  }
  return found
}

/** A redaction can be erased in its turn: what it keeps is then in a newer one, or gone. */
async function read(source: Source, stream: string, seq: number, index: number, signal: AbortSignal) {
  for (;;) {
    const [present] = source.contents.movedFrom(stream, seq, seq).filter((moved) => moved.index === index)
    if (!present) return undefined
    const [stored] = await source.store.read(stream, { afterSeq: present.storedSeq - 1, limit: 1 })
    if (stored?.seq === present.storedSeq) return keptIn(stored, seq, index)
    await pause(PATIENCE_MS, undefined, { signal })
  }
}

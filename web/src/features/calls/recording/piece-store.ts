import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { RECORDINGS_DATABASE } from '../../auth/own-backgrounds.js'
import type { CaptionLine } from '../captions/exchange.js'

/** A piece of a recording that the server does not have yet. */
export interface Piece {
  readonly recordingId: string
  /** Counted from 0. */
  readonly n: number
  readonly groupId: string
  readonly callId: string
  readonly content: Blob
}

interface KeptPiece extends Piece {
  /** Unix ms. */
  readonly keptAt: number
}

/** A line of a transcript that is not posted yet. */
export interface KeptLine extends CaptionLine {
  readonly transcriptId: string
  readonly groupId: string
}

interface Schema extends DBSchema {
  pieces: { key: [string, number]; value: KeptPiece }
  lines: { key: [string, number]; value: KeptLine }
}

let opening: Promise<IDBPDatabase<Schema>> | undefined

/** What a page that ends in the middle of a call leaves on this device: pieces of its recording, lines of its transcript. Errors: storage is blocked. */
export function recordingsDatabase(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>(RECORDINGS_DATABASE, 2, {
    upgrade(db, before) {
      if (before < 1) db.createObjectStore('pieces', { keyPath: ['recordingId', 'n'] })
      db.createObjectStore('lines', { keyPath: ['transcriptId', 'key'] })
    },
    // Somebody signs out in another window, or one of a newer release wants another shape.
    blocking: (_, __, event) => {
      ;(event.target as IDBDatabase).close()
      opening = undefined
    },
    terminated: () => {
      opening = undefined
    },
  }).catch((error: unknown) => {
    opening = undefined
    throw error
  })
  return opening
}

/**
 * After that, the server takes none of a recording any more, whatever has happened to it. Longer: what nobody can use takes room on the
 * device; shorter: a device that was switched off overnight has lost its last seconds.
 */
const KEPT_MS = 24 * 3_600_000

/** Pieces on this device, kept until the server has them: a page that is loaded again sends what is left. */
export const pieceStore = {
  /** Errors: storage is blocked or full. */
  async put(piece: Piece): Promise<void> {
    await (await recordingsDatabase()).put('pieces', { ...piece, keptAt: Date.now() })
  },
  /** The recordings of which there are pieces. */
  async recordings(): Promise<readonly string[]> {
    const keys = await (await recordingsDatabase()).getAllKeys('pieces')
    return [...new Set(keys.map(([recordingId]) => recordingId))]
  },
  /** Drops what is too old to be of use. `now`: Unix ms. */
  async dropOld(now: number): Promise<void> {
    const { store, done } = (await recordingsDatabase()).transaction('pieces', 'readwrite')
    for (let one = await store.openCursor(); one; one = await one.continue()) {
      const { keptAt } = one.value
      // The release before did not say when: its pieces have a day from now.
      if (keptAt === undefined) await one.update({ ...one.value, keptAt: now })
      else if (now - keptAt > KEPT_MS) await one.delete()
    }
    await done
  },
  /** In the order in which they were recorded. */
  async of(recordingId: string): Promise<readonly Piece[]> {
    const all = IDBKeyRange.bound([recordingId, 0], [recordingId, Number.MAX_SAFE_INTEGER])
    return (await recordingsDatabase()).getAll('pieces', all)
  },
  async remove({ recordingId, n }: Pick<Piece, 'recordingId' | 'n'>): Promise<void> {
    await (await recordingsDatabase()).delete('pieces', [recordingId, n])
  },
}

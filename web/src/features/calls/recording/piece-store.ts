import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { RECORDINGS_DATABASE } from '../../auth/own-backgrounds.js'

/** A piece of a recording that the server does not have yet. */
export interface Piece {
  readonly recordingId: string
  /** Counted from 0. */
  readonly n: number
  readonly groupId: string
  readonly callId: string
  readonly content: Blob
}

interface Kept extends Piece {
  /** Unix ms. */
  readonly keptAt: number
}

/**
 * After that, the server takes none of a recording any more, whatever has happened to it. Longer: what nobody can use takes room on the
 * device; shorter: a device that was switched off overnight has lost its last seconds.
 */
const KEPT_MS = 24 * 3_600_000

interface Schema extends DBSchema {
  pieces: { key: [string, number]; value: Kept }
}

let opening: Promise<IDBPDatabase<Schema>> | undefined
function open(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>(RECORDINGS_DATABASE, 1, {
    upgrade: (db) => void db.createObjectStore('pieces', { keyPath: ['recordingId', 'n'] }),
    // Somebody signs out in another window.
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

/** Pieces on this device, kept until the server has them: a page that is loaded again sends what is left. */
export const pieceStore = {
  /** Errors: storage is blocked or full. */
  async put(piece: Piece): Promise<void> {
    await (await open()).put('pieces', { ...piece, keptAt: Date.now() })
  },
  /** The recordings of which there are pieces. */
  async recordings(): Promise<readonly string[]> {
    const keys = await (await open()).getAllKeys('pieces')
    return [...new Set(keys.map(([recordingId]) => recordingId))]
  },
  /** Drops what is too old to be of use. `now`: Unix ms. */
  async dropOld(now: number): Promise<void> {
    const { store, done } = (await open()).transaction('pieces', 'readwrite')
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
    return (await open()).getAll('pieces', all)
  },
  async remove({ recordingId, n }: Pick<Piece, 'recordingId' | 'n'>): Promise<void> {
    await (await open()).delete('pieces', [recordingId, n])
  },
}

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { RECORDINGS_DATABASE } from '../../auth/own-backgrounds.js'

/** A piece of a recording that the server does not have yet. */
export interface Piece {
  readonly recordingId: string
  /** Counted from 0. */
  readonly n: number
  readonly groupId: string
  readonly content: Blob
}

interface Schema extends DBSchema {
  pieces: { key: [string, number]; value: Piece }
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
    await (await open()).put('pieces', piece)
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

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

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'
import type { CaptionLine } from './exchange.js'

/** A line of a transcript that is not posted yet. */
export interface KeptLine extends CaptionLine {
  readonly transcriptId: string
  readonly groupId: string
  /** The account that kept the transcript: it alone posts it. */
  readonly keptBy: string
}

interface Schema extends DBSchema {
  lines: { key: [string, number]; value: KeptLine }
}

let opening: Promise<IDBPDatabase<Schema>> | undefined
let deletions = 0

function open(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>(TRANSCRIPTS_DATABASE, 1, {
    upgrade: (db) => void db.createObjectStore('lines', { keyPath: ['transcriptId', 'key'] }),
    blocking: (_, wanted, event) => {
      // Somebody signs out, here or in another window.
      if (wanted === null) deletions++
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

/** Longer: what nobody waits for any more comes into a chat; shorter: a device that was switched off over the weekend has lost it. */
const KEPT_MS = 7 * 24 * 3_600_000

const all = (transcriptId: string) => IDBKeyRange.bound([transcriptId, 0], [transcriptId, Number.MAX_SAFE_INTEGER])

/** Transcripts on this device, kept until they are posted. Errors of all: storage is blocked or full. */
export const transcriptStore = {
  /** How often all was deleted while this page used it. */
  get deletions(): number {
    return deletions
  },
  async put(lines: readonly KeptLine[]): Promise<void> {
    const { store, done } = (await open()).transaction('lines', 'readwrite')
    for (const line of lines) await store.put(line)
    await done
  },
  /** The transcripts of which there are lines. */
  async transcripts(): Promise<readonly string[]> {
    const keys = await (await open()).getAllKeys('lines')
    return [...new Set(keys.map(([transcriptId]) => transcriptId))]
  },
  /** In the order in which they were said. */
  async of(transcriptId: string): Promise<readonly KeptLine[]> {
    return (await open()).getAll('lines', all(transcriptId))
  },
  async remove(transcriptId: string): Promise<void> {
    await (await open()).delete('lines', all(transcriptId))
  },
  /** Drops what is too old. `now`: Unix ms. */
  async dropOld(now: number): Promise<void> {
    const { store, done } = (await open()).transaction('lines', 'readwrite')
    for (let one = await store.openCursor(); one; one = await one.continue()) {
      if (now - one.value.at > KEPT_MS) await one.delete()
    }
    await done
  },
}

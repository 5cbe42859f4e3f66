import { recordingsDatabase as open, type Piece } from './recordings-database.js'

/**
 * After that, the server takes none of a recording any more, whatever has happened to it. Longer: what nobody can use takes room on the
 * device; shorter: a device that was switched off overnight has lost its last seconds.
 */
const KEPT_MS = 24 * 3_600_000

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

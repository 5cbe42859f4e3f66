import { forEachSettled } from '@beseda/async'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import type { People } from '../../groups/application/ports.js'
import type { FileStore, FileUses } from './ports.js'

/** A file that nothing has used for this long is deleted: its message was never sent, or its picture was replaced. */
const UNUSED_MS = 24 * 3_600_000
/** Files deleted in one round. */
const BATCH = 500

/** Deletes files that nothing uses any more. */
export class FileSweeper {
  constructor(
    private readonly store: FileStore,
    private readonly uses: FileUses,
    private readonly people: Pick<People, 'avatars'>,
    /** The view has every legal hold that stands in the log now. */
    private readonly holdsUpToDate: () => Promise<void>,
    /** The view has all partitions. A file that is unused in some may be used in another: a replica of a part deletes none. */
    private readonly seesAll: boolean,
  ) {}

  /** Deletes what a message or a group has let go of. Errors: PartialFailure. */
  async deleteDue(): Promise<void> {
    if (!this.seesAll) return
    await forEachSettled(
      this.uses.due(BATCH),
      (fileId) => `file ${fileId}`,
      async (fileId) => {
        if (await this.#delete(fileId)) this.uses.settle(fileId)
      },
    )
  }

  /** Deletes uploads that were never sent, pictures that nobody shows any more, and broken uploads. `now`: Unix ms. */
  async sweep(now: number): Promise<void> {
    if (!this.seesAll) return
    const old = (await this.store.list()).filter(({ storedAt }) => now - storedAt > UNUSED_MS)
    const unused = old.filter(({ id }) => !this.uses.isKept(id))
    const records = (await Promise.all(unused.map(({ id }) => this.store.find(id)))).filter((one) => one !== undefined)
    const pictures = records.filter(({ file }) => file?.purpose === FilePurpose.AVATAR)
    const shown = new Set(await this.people.avatars([...new Set(pictures.map(({ userId }) => userId))]))
    for (const { id } of records) if (!shown.has(id)) await this.#delete(id)
    await this.store.sweepRemains()
  }

  /** False: something uses it, or a hold keeps it that may have been placed a moment ago. */
  async #delete(fileId: string): Promise<boolean> {
    await this.holdsUpToDate()
    if (this.uses.isKept(fileId)) return false
    await this.store.delete(fileId)
    return true
  }
}

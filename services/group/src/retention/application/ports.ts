import type { Hold, Retention, RuledKind } from '../domain/retention.js'

/** A hold, and who placed it. */
export interface HoldRecord extends Hold {
  readonly placedBy: string
  /** Unix ms. */
  readonly placedAt: number
}

/** The rule and the holds, as the view has them. */
export abstract class RetentionStore {
  /** The aggregate, with the sequence of its subject that the view has folded. */
  abstract load(): { readonly state: Retention; readonly lastSeq: number }
  /** Oldest first. */
  abstract holds(): readonly HoldRecord[]
}

export interface Outlived {
  readonly groupId: string
  readonly messageId: string
}

/** Messages by their age. */
export abstract class OldMessages {
  /**
   * Of the next `limit` messages after `key` that were sent before `before` (Unix ms), those that stand in groups of this kind and that no hold
   * keeps. `next`: the key at which the next page begins; undefined: this was the last page.
   */
  abstract after(
    key: number,
    before: number,
    kind: RuledKind,
    limit: number,
  ): { readonly messages: readonly Outlived[]; readonly next: number | undefined }
}

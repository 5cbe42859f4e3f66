import type { OutgoingFile } from './outgoing.js'

/** A name in a text that stands for somebody, and the place of its @. Earlier releases saved no place. */
export type DraftMention = readonly [name: string, target: string, start?: number]

/** Unsent text of one line. */
export interface DraftText {
  readonly text: string
  readonly mentions: readonly DraftMention[]
  readonly files: readonly OutgoingFile[]
}

export interface StoredDraft extends DraftText {
  /** `<user id> <group id> <thread id>` */
  readonly key: string
  /** When it was last changed, Unix ms: the later change of two windows wins. */
  readonly at: number
}

export const NO_DRAFT: DraftText = { text: '', mentions: [], files: [] }

export const isEmptyDraft = ({ text, files }: DraftText): boolean => text.trim() === '' && files.length === 0

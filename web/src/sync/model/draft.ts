import type { OutgoingFile } from './outgoing.js'

/** Unsent text of one line. */
export interface DraftText {
  readonly text: string
  /** Names in the text that stand for people: [name, target]. */
  readonly mentions: readonly (readonly [name: string, target: string])[]
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

import { beginsMention } from './hand-typed.js'
import { isLiveBehind } from './mention-places.js'

/** A mention target: a person, or `all` and `admins`. */
export interface MentionTarget {
  readonly target: string
  /** As written after the @. */
  readonly name: string
  readonly hint: string
}

/** The word after an @ up to the caret; undefined: none. */
export function openMention(
  text: string,
  caret: number,
): { readonly start: number; readonly query: string } | undefined {
  const query = /@([\p{L}\p{N}\p{M}._-]{0,32})$/u.exec(text.slice(0, caret))?.[1]
  if (query === undefined) return undefined
  const start = caret - query.length - 1
  return beginsMention(text, start) && isLiveBehind(text.slice(0, start)) ? { start, query } : undefined
}

import { isWithin, silentRanges } from '@beseda/rules'
import { beginsMention } from './hand-typed.js'

/** A mention target: a person, or `all` and `admins`. */
export interface MentionTarget {
  readonly target: string
  /** As written after the @. */
  readonly name: string
  readonly hint: string
}

/** Whether what is typed at this place is code or a quotation, where nothing is completed. */
export const isSilentAt = (text: string, place: number): boolean => isWithin(silentRanges(text, true), place)

/** The word after an @ up to the caret; undefined: none. */
export function openMention(
  text: string,
  caret: number,
): { readonly start: number; readonly query: string } | undefined {
  const query = /@([\p{L}\p{N}\p{M}._-]{0,32})$/u.exec(text.slice(0, caret))?.[1]
  if (query === undefined) return undefined
  const start = caret - query.length - 1
  return beginsMention(text, start) && !isSilentAt(text, start) ? { start, query } : undefined
}

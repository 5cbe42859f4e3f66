import { mentionOf } from '@beseda/rules'

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
  const found = /(?:^|\s)@([\p{L}\p{N}._-]{0,32})$/u.exec(text.slice(0, caret))
  if (!found) return undefined
  const query = found[1] ?? ''
  return { start: caret - query.length - 1, query }
}

/**
 * A chosen mention is in the text as `@Name`, as people read it; sending replaces each with the person's id.
 * Longer names first: @Anna Maria is not @Anna.
 */
export function withIds(text: string, chosen: ReadonlyMap<string, string>): string {
  const names = [...chosen.keys()].sort((a, b) => b.length - a.length)
  return names.reduce((written, name) => written.replaceAll(`@${name}`, mentionOf(chosen.get(name) ?? '')), text)
}

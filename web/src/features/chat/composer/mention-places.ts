import { isWithin, mentionOf, replaceMentions, silentRanges } from '@beseda/rules'

/** `@Name` in a text that is being written, and whom it stands for. Two people of one name have two places. */
export interface PlacedMention {
  /** A user id, or `all` and `admins`. */
  readonly target: string
  /** As written after the @. */
  readonly name: string
  /** Of the @. */
  readonly start: number
}

const endOf = ({ start, name }: PlacedMention): number => start + 1 + name.length

/**
 * The mentions after a change of the text: those before it stay, those behind it move, those that it touches are words now. `caret`: where the caret
 * is after the change, which tells one of two equal letters from the other; undefined: unknown.
 */
export function follow(
  mentions: readonly PlacedMention[],
  before: string,
  after: string,
  caret: number | undefined,
): readonly PlacedMention[] {
  if (mentions.length === 0 || before === after) return mentions
  const { start, end, moved } = changeOf(before, after, caret)
  return mentions.flatMap((mention) => {
    if (endOf(mention) <= start) return [mention]
    return mention.start >= end ? [{ ...mention, start: mention.start + moved }] : []
  })
}

/** The part of the text before that was replaced, and how far the text behind it has moved. */
function changeOf(before: string, after: string, caret: number | undefined) {
  const most = Math.min(before.length, after.length)
  const behindCaret = after.length - (caret ?? after.length)
  const isBehind = behindCaret <= most && before.endsWith(after.slice(after.length - behindCaret))
  let suffix = isBehind ? behindCaret : 0
  let prefix = 0
  while (prefix < most - suffix && before[prefix] === after[prefix]) prefix++
  while (suffix < most - prefix && before.at(-1 - suffix) === after.at(-1 - suffix)) suffix++
  return { start: prefix, end: before.length - suffix, moved: after.length - before.length }
}

/** The text as it is sent, with ids for people. In code and quotations nobody is called, and a name is a word. */
export function withIds(text: string, mentions: readonly PlacedMention[]): string {
  const silent = mentions.length > 0 ? silentRanges(text) : []
  const called = mentions.filter(({ start }) => !isWithin(silent, start)).toSorted((a, b) => a.start - b.start)
  let written = ''
  let end = 0
  for (const mention of called) {
    written += text.slice(end, mention.start) + mentionOf(mention.target)
    end = endOf(mention)
  }
  return written + text.slice(end)
}

/** The opposite: a text as it was sent, with the names of people, and the places of the names. */
export function withNames(
  text: string,
  nameOf: (target: string) => string,
): { readonly text: string; readonly mentions: readonly PlacedMention[] } {
  const mentions: PlacedMention[] = []
  let written = ''
  // No message has this character: every second piece is the target of a mention.
  const pieces = replaceMentions(text, (target) => `\0${target}\0`).split('\0')
  for (const [i, piece] of pieces.entries()) {
    if (i % 2 === 0) written += piece
    else {
      const name = nameOf(piece)
      mentions.push({ target: piece, name, start: written.length })
      written += `@${name}`
    }
  }
  return { text: written, mentions }
}

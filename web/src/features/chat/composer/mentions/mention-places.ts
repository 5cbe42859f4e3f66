import { MAX_MENTIONS, mentionOf, mentionsIn, replaceMentions } from '@beseda/rules'

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

/** The text as it is sent, with ids for people. Where nobody is called, as in code and quotations, a name is a word. */
export function withIds(text: string, mentions: readonly PlacedMention[]): string {
  const inOrder = mentions.toSorted((a, b) => a.start - b.start)
  return written(text, called(text, inOrder), ({ target }) => target)
}

/** An id of nobody, to try a place with. */
const tried = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`

/** Those that the server and the reader take for mentions: the same rule is asked about each place. More than it takes are left to the server. */
function called(text: string, mentions: readonly PlacedMention[]): readonly PlacedMention[] {
  if (mentions.length === 0 || mentions.length > MAX_MENTIONS) return mentions
  const ids = new Set(mentionsIn(written(text, mentions, (_, i) => tried(i))).userIds)
  return mentions.filter((_, i) => ids.has(tried(i)))
}

function written(
  text: string,
  mentions: readonly PlacedMention[],
  targetOf: (mention: PlacedMention, index: number) => string,
): string {
  let all = ''
  let end = 0
  for (const [i, mention] of mentions.entries()) {
    all += text.slice(end, mention.start) + mentionOf(targetOf(mention, i))
    end = endOf(mention)
  }
  return all + text.slice(end)
}

/** Whether what is typed behind this text is read as words, and not as code or a quotation. A code span may still be open. */
export function isLiveBehind(text: string): boolean {
  const calls = (behind: string) => mentionsIn(text + mentionOf(tried(0)) + behind).userIds.includes(tried(0))
  // Behind a letter a back tick is an apostrophe.
  const ticks = new Set(text.match(/(?<![\p{L}\p{N}`])`+/gu))
  return calls('') && [...ticks].every(calls)
}

/** The opposite: a text as it was sent, with the names of people, and the places of the names. */
export function withNames(
  text: string,
  nameOf: (target: string) => string,
): { readonly text: string; readonly mentions: readonly PlacedMention[] } {
  const mentions: PlacedMention[] = []
  let all = ''
  // No message has this character: every second piece is the target of a mention.
  const pieces = replaceMentions(text, (target) => `\0${target}\0`).split('\0')
  for (const [i, piece] of pieces.entries()) {
    if (i % 2 === 0) all += piece
    else {
      const name = nameOf(piece)
      mentions.push({ target: piece, name, start: all.length })
      all += `@${name}`
    }
  }
  return { text: all, mentions }
}

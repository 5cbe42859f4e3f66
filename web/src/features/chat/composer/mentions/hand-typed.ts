import { foldText } from '@beseda/rules'
import type { PlacedMention } from './mention-places.js'

/** Somebody who can be called in a conversation: a person, `all` and `admins`. */
export interface Callable {
  readonly target: string
  /** The name, as written after the @. */
  readonly name: string
  /** What else may be written after the @, as nobody else's: a user name. */
  readonly others: readonly string[]
}

/** Letters of scripts without spaces: an @ behind them begins a word. */
const DENSE = '\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}'
/** An @ behind these is a part of an address, a path or a word. */
const JOINED = new RegExp(`(?:(?![${DENSE}])[\\p{L}\\p{N}\\p{M}]|[@_./+=&?#%\\\\-])$`, 'u')
/** The end of a name, behind which neither the word nor an address goes on. In a script without spaces the sentence goes on at once. */
const END = new RegExp(`^(?!(?![${DENSE}])[\\p{L}\\p{N}_]|\\p{M}|[.\\-@/\\\\:+][\\p{L}\\p{N}])`, 'u')
const LETTER = /[\p{L}\p{N}]/u
/** Characters of a name of 64, some of them with accents of their own. */
const LONGEST = 100

/** Whether an @ at this place begins a word. */
export const beginsMention = (text: string, at: number): boolean => !JOINED.test(text.slice(Math.max(0, at - 2), at))

/**
 * Mentions that were typed by hand and not chosen: `@username`, `@Full Name`, `@all`. Only what is unambiguous: a name that two people have,
 * or that is the beginning of another's, calls nobody. `placed`: mentions that were chosen.
 */
export function handTyped(text: string, names: Names, placed: readonly PlacedMention[]): readonly PlacedMention[] {
  const places = [...text.matchAll(/@/g)].map(({ index }) => index)
  const isTaken = (at: number) => placed.some(({ start, name }) => at >= start && at <= start + name.length)
  const free = places.filter((at) => !isTaken(at) && beginsMention(text, at))
  return free.flatMap((at) => named(text, at, names) ?? [])
}

/** Folded name -> whom it can mean. Made once for the people of a conversation, of whom there may be a thousand. */
export type Names = ReadonlyMap<string, ReadonlySet<string>>

export function namesOf(people: readonly Callable[]): Names {
  const names = new Map<string, Set<string>>()
  // A name without letters is written by accident, and that of somebody who is not known yet is "…".
  const put = (folded: string, target: string) => {
    if (LETTER.test(folded)) names.set(folded, (names.get(folded) ?? new Set()).add(target))
  }
  const mistakable = beginnings(people.map(({ name }) => foldText(name)))
  for (const { target, name, others } of people) {
    for (const other of others) put(foldText(other), target)
    if (!mistakable.has(foldText(name))) put(foldText(name), target)
  }
  return names
}

/** Names of which one is the beginning of a word of the other: Anna and Annabelle, not Anna and Anna Maria. */
function beginnings(names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const sorted = [...new Set(names)].toSorted()
  for (const [i, short] of sorted.entries()) {
    // Those that begin with it come right behind it.
    for (let at = i + 1; sorted[at]?.startsWith(short); at++) {
      const long = sorted[at] ?? ''
      if (!/^\s/.test(long.slice(short.length))) found.add(short).add(long)
    }
  }
  return found
}

/** The longest name behind an @. */
function named(text: string, start: number, names: Names): PlacedMention | undefined {
  const rest = text.slice(start + 1, start + 1 + LONGEST)
  for (let length = rest.length; length > 0; length--) {
    if (!END.test(text.slice(start + 1 + length, start + 3 + length))) continue
    const name = rest.slice(0, length)
    const targets = names.get(foldText(name).replace(/\s+/g, ' '))
    if (name === name.trim() && targets?.size === 1) for (const target of targets) return { target, name, start }
  }
  return undefined
}

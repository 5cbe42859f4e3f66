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
/** The end of a name, behind which neither the word nor an address goes on. */
const END = /^(?![\p{L}\p{N}\p{M}_]|[.\-@/\\:+][\p{L}\p{N}])/u
/** Characters of a name of 64, some of them with accents of their own. */
const LONGEST = 100

/** Whether an @ at this place begins a word. */
export const beginsMention = (text: string, at: number): boolean => !JOINED.test(text.slice(Math.max(0, at - 2), at))

/**
 * Mentions that were typed by hand and not chosen: `@username`, `@Full Name`, `@all`. Only what is unambiguous: a name that two people have,
 * or that is the beginning of another's, calls nobody. `placed`: mentions that were chosen.
 */
export function handTyped(
  text: string,
  people: readonly Callable[],
  placed: readonly PlacedMention[],
): readonly PlacedMention[] {
  const places = [...text.matchAll(/@/g)].map(({ index }) => index)
  const isTaken = (at: number) => placed.some(({ start, name }) => at >= start && at <= start + name.length)
  const free = places.filter((at) => !isTaken(at) && beginsMention(text, at))
  if (free.length === 0) return []
  const names = namesOf(people)
  return free.flatMap((at) => named(text, at, names) ?? [])
}

/** Folded name -> whom it can mean. */
function namesOf(people: readonly Callable[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  for (const { target, name, others } of people) {
    const isClear = !people.some((other) => other.target !== target && isBeginning(name, other.name))
    for (const one of [...others, ...(isClear ? [name] : [])]) {
      const folded = foldText(one)
      names.set(folded, (names.get(folded) ?? new Set()).add(target))
    }
  }
  return names
}

/** Whether one name is the beginning of a word of the other: Anna and Annabelle, not Anna and Anna Maria. */
function isBeginning(one: string, other: string): boolean {
  const [short = '', long = ''] = [foldText(one), foldText(other)].toSorted((a, b) => a.length - b.length)
  return long.length > short.length && long.startsWith(short) && !/^\s/.test(long.slice(short.length))
}

/** The longest name behind an @. */
function named(
  text: string,
  start: number,
  names: ReadonlyMap<string, ReadonlySet<string>>,
): PlacedMention | undefined {
  const rest = text.slice(start + 1, start + 1 + LONGEST)
  for (let length = rest.length; length > 0; length--) {
    if (!END.test(text.slice(start + 1 + length, start + 3 + length))) continue
    const name = rest.slice(0, length)
    const targets = names.get(foldText(name).replace(/\s+/g, ' '))
    if (name === name.trim() && targets?.size === 1) for (const target of targets) return { target, name, start }
  }
  return undefined
}

import type { Inline } from '../nodes.js'
import { type Address, addressesIn, isPageAddress } from './addresses.js'
import { type CodeSpan, codeSpans } from './code-spans.js'
import { emphasised, type Item, runAt } from './emphasis.js'
import { withEscapes } from './escapes.js'
import { MENTION } from './mention-sign.js'
import { brackets, namedLinkAt } from './named-links.js'
import { type Spoiler, spoilersOf } from './spoilers.js'

/** Spoilers and links in each other: deeper ones are text. */
const MAX_DEPTH = 12
const MENTION_HERE = new RegExp(MENTION, 'y')
const ANGLED = /<(https?:\/\/[^\s<>]+)>/iy

/** The parts of a paragraph's text. Every character that is not markup is in one of them. */
export const parseInline = (text: string): Inline[] => withEscapes(text, (shown) => new Scanner(shown, 0, true).parse())

/** A piece of markup that is complete in itself, and where it ends. */
interface Atom {
  readonly item: Item
  readonly end: number
}

class Scanner {
  readonly #code: ReadonlyMap<number, CodeSpan>
  readonly #spoilers: ReadonlyMap<number, Spoiler>
  readonly #addresses: ReadonlyMap<number, Address>
  readonly #brackets: ReadonlyMap<number, number>

  constructor(
    private readonly text: string,
    private readonly depth: number,
    /** False inside of a link's words. */
    private readonly links: boolean,
  ) {
    const code = codeSpans(text)
    this.#code = byStart(code)
    this.#spoilers = byStart(spoilersOf(text, code))
    this.#addresses = byStart(links ? addressesIn(text) : [])
    this.#brackets = links && text.includes('](') ? brackets(text, code) : new Map()
  }

  parse(): Inline[] {
    const { text } = this
    if (this.depth > MAX_DEPTH) return [{ type: 'text', text }]
    const items: Item[] = []
    let words = 0
    for (let at = 0; at < text.length; ) {
      const atom = this.#atomAt(at)
      if (atom) {
        if (at > words) items.push({ type: 'text', text: text.slice(words, at) })
        items.push(atom.item)
        words = atom.end
      }
      at = atom?.end ?? at + 1
    }
    if (words < text.length) items.push({ type: 'text', text: text.slice(words) })
    return emphasised(items, text)
  }

  #atomAt(at: number): Atom | undefined {
    return this.#spoilerAt(at) ?? this.#codeAt(at) ?? this.#linkAt(at) ?? this.#mentionAt(at) ?? this.#runAt(at)
  }

  #spoilerAt(at: number): Atom | undefined {
    const spoiler = this.#spoilers.get(at)
    if (!spoiler) return undefined
    return { item: { type: 'spoiler', inside: this.#inside(at + 2, spoiler.end, this.links) }, end: spoiler.end + 2 }
  }

  #codeAt(at: number): Atom | undefined {
    const span = this.#code.get(at)
    return span && { item: { type: 'code', text: span.text }, end: span.end }
  }

  #linkAt(at: number): Atom | undefined {
    const address = this.#addresses.get(at)
    if (address) return { item: link(address.href, this.text.slice(at, address.end)), end: address.end }
    return this.text.charAt(at) === '[' ? this.#namedLinkAt(at) : this.#angledAt(at)
  }

  #namedLinkAt(at: number): Atom | undefined {
    const close = this.#brackets.get(at)
    const named = close === undefined ? undefined : namedLinkAt(this.text, at, close)
    if (close === undefined || !named) return undefined
    const inside = this.#inside(at + 1, close, false)
    return { item: { type: 'link', href: named.href, inside, named: true }, end: named.end }
  }

  #angledAt(at: number): Atom | undefined {
    const [typed, href] = this.links ? (matched(ANGLED, this.text, at) ?? []) : []
    if (typed === undefined || href === undefined || !isPageAddress(href)) return undefined
    return { item: link(href, href), end: at + typed.length }
  }

  #mentionAt(at: number): Atom | undefined {
    const [typed, target] = matched(MENTION_HERE, this.text, at) ?? []
    if (typed === undefined || target === undefined) return undefined
    return { item: { type: 'mention', target }, end: at + typed.length }
  }

  #runAt(at: number): Atom | undefined {
    const run = runAt(this.text, at)
    return run && { item: run, end: run.end }
  }

  #inside(start: number, end: number, links: boolean): Inline[] {
    return new Scanner(this.text.slice(start, end), this.depth + 1, links).parse()
  }
}

const link = (href: string, text: string): Inline => ({
  type: 'link',
  href,
  inside: [{ type: 'text', text }],
  named: false,
})

function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  if (text.charAt(at) !== '<') return null
  pattern.lastIndex = at
  return pattern.exec(text)
}

const byStart = <T extends { readonly start: number }>(all: readonly T[]): ReadonlyMap<number, T> =>
  new Map(all.map((one) => [one.start, one]))

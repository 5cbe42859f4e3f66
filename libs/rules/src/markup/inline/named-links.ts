import { isBlank } from '../../text.js'
import { hostOf, isPageAddress, MAX_ADDRESS } from './addresses.js'
import { type CodeSpan, spanAt } from './code-spans.js'

/** `[words](address)`. */
export interface NamedLink {
  readonly end: number
  readonly words: string
  readonly href: string
}

const MAIL = /^mailto:[^\s@]+@[^\s@]+$/i
/** Words that name the address of a page, or are one, or that of a mailbox. */
const ADDRESS_WORDS =
  /(?:https?:\/\/|www\.)\S+|^(?:[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.(\p{L}{2,})|\d+(?:\.\d+){3})(?:[/?#:]\S*)?$|^[^\s@]+@\S+\.\p{L}{2,}$/iu
/** Around an address, or in it, they change nothing for the eye: markup, signs, and characters that are not seen. */
const UNSEEN = /[*_~`|\p{Default_Ignorable_Code_Point}]|^[^\p{L}\p{N}]+|[^\p{L}\p{N}/]+$/gu
/** Ends of file names that are also ends of hosts. */
const FILES = new Set([
  'md',
  'py',
  'rs',
  'sh',
  'ts',
  'pl',
  'zip',
  'mov',
  'so',
  'js',
  'json',
  'txt',
  'html',
  'pdf',
  'css',
])
const SIGNS = /\\.|[[\]]/gs

/** For each `[` outside of code the position of its `]`. */
export function brackets(text: string, code: readonly CodeSpan[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>()
  const open: number[] = []
  for (const { 0: sign, index } of text.matchAll(SIGNS)) {
    if (sign.length > 1 || spanAt(code, index)) continue
    if (sign === '[') open.push(index)
    else {
      const start = open.pop()
      if (start !== undefined) pairs.set(start, index)
    }
  }
  return pairs
}

/**
 * The link with words that begins at a `[` and whose words end at `close`. Words that look like another address than the one they lead to are
 * no words of a link: it is shown as it was typed.
 */
export function namedLinkAt(text: string, start: number, close: number): NamedLink | undefined {
  if (text.charAt(close + 1) !== '(') return undefined
  const end = closing(text, close + 2)
  if (end === undefined) return undefined
  const [words, href] = [text.slice(start + 1, close), text.slice(close + 2, end)]
  if (isBlank(words) || !(isPageAddress(href) || MAIL.test(href)) || isMisleading(words, href)) return undefined
  return { end: end + 1, words, href }
}

/** The parenthesis that closes an address without spaces. */
function closing(text: string, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < Math.min(text.length, from + MAX_ADDRESS); at++) {
    const sign = text.charAt(at)
    if (/[\s<>]/.test(sign)) return undefined
    if (sign === '(') depth++
    if (sign === ')' && depth-- === 0) return at
  }
  return undefined
}

function isMisleading(words: string, href: string): boolean {
  const [found, ending] = ADDRESS_WORDS.exec(seen(words)) ?? []
  if (found === undefined || (ending !== undefined && FILES.has(ending.toLowerCase()))) return false
  return placeOf(found) !== placeOf(seen(href))
}

const seen = (words: string): string => words.normalize('NFKC').replaceAll('。', '.').replace(UNSEEN, '')

/** The host of a page, or a mailbox. */
const placeOf = (address: string): string =>
  /^(?:mailto:)?([^\s@/]+@[^\s@/?]+)/i.exec(address)?.[1]?.toLowerCase() ?? hostOf(address)

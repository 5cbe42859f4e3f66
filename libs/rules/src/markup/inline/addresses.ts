/** An address that stands in a text: from `start` to `end`. */
export interface Address {
  readonly start: number
  readonly end: number
  readonly href: string
}

/** As in GetPreviewRequest. */
export const MAX_ADDRESS = 2_048
const CANDIDATE = /https?:\/\/|www\.|(?<![\p{L}\p{N}._%+-]'?)[\p{L}\p{N}._%+-]{1,64}(?:'[\p{L}\p{N}._%+-]{1,64})?@/giu
const MAIL_HOST = /[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}[\p{L}\p{N}])?)+(?![\p{L}\p{N}@/-]|:\S)/uy
/** What no address holds unless it is encoded; U+FDD0 to U+FDEF stand for escaped signs. */
const END = /[\s<>`\\\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef。、，；]|\|\||\]\(/u
const HOST =
  /^(?:[^\s/?#@]*@)?(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}\p{Extended_Pictographic}][\p{L}\p{N}\p{M}\p{Extended_Pictographic}._-]*)(?::(?<port>\d+))?$/iu
/** A scheme and a host with its port, as far as they go. */
const AUTHORITY = /^(?:https?:\/\/)?(?:[^\s/?#@]*@)?[\p{L}\p{N}\p{M}\p{Extended_Pictographic}._-]+(?::\d+)?/iu
/** Behind a host an address goes on with these; what else stands there belongs to the sentence. */
const GOES_ON = /^[/?#:@%[]/
/** Another address in a list without spaces. */
const NEXT = /[,;](?=https?:\/\/)/i
/** Signs after an address that belong to the sentence around it. */
const SENTENCE = new Set(".,:;!?…'’‘“„‚«‹|！？：—–،؛؟۔।")
const PAIRS = new Map(
  [...'()[]{}«»‹›“”（）「」『』【】《》〈〉〔〕｢｣［］｛｝⟨⟩'].flatMap((sign, i, all) =>
    i % 2 ? [[sign, all[i - 1]]] : [],
  ),
)

/** The addresses of pages and mailboxes that stand in a text. */
export function addressesIn(text: string): readonly Address[] {
  if (!/[:@]|www\./i.test(text)) return []
  const found: Address[] = []
  let next = 0
  for (const { 0: sign, index } of text.matchAll(CANDIDATE)) {
    if (index < next) continue
    const address = sign.endsWith('@') ? mailAt(text, index, sign.length) : pageAt(text, index, sign)
    if (!address) continue
    found.push(address)
    next = address.end
  }
  return found
}

function mailAt(text: string, start: number, length: number): Address | undefined {
  MAIL_HOST.lastIndex = start + length
  const [host] = MAIL_HOST.exec(text) ?? []
  if (host === undefined) return undefined
  const end = start + length + host.length
  return { start, end, href: `mailto:${text.slice(start, end)}` }
}

function pageAt(text: string, start: number, sign: string): Address | undefined {
  if (/[\p{Script=Latin}\p{Script=Cyrillic}\p{N}@.+-]$/u.test(text.slice(Math.max(0, start - 2), start)))
    return undefined
  const end = trimmed(text, start, extent(text, start))
  const typed = text.slice(start, end)
  const isBare = sign.toLowerCase() === 'www.'
  const href = isBare ? `https://${typed}` : typed
  if (!isPageAddress(href) || (isBare && !/^www\.[^./]+\.[^.]/i.test(typed))) return undefined
  return { start, end, href }
}

/** Whether it is the address of a page: `http` or `https`, and a host. */
export const isPageAddress = (href: string): boolean => {
  const [, host = ''] = /^https?:\/\/([^/?#]*)/i.exec(href) ?? []
  const { port = '0' } = HOST.exec(host)?.groups ?? {}
  return HOST.test(host) && Number(port) <= 65_535 && href.length <= MAX_ADDRESS
}

/** The host of a page's address, in lower case and without `www.`. */
export const hostOf = (href: string): string =>
  (/^(?:https?:\/\/)?(?:[^\s/?#@]*@)?([^\s/?#:]*)/i.exec(href.trim())?.[1] ?? '').toLowerCase().replace(/^www\./, '')

function extent(text: string, start: number): number {
  const rest = text.slice(start, start + MAX_ADDRESS)
  const end = hostEnd(
    rest.slice(0, Math.min(END.exec(rest)?.index ?? MAX_ADDRESS, NEXT.exec(rest)?.index ?? MAX_ADDRESS)),
  )
  const before = text.charAt(start - 1)
  // An address in quotation marks ends with them; elsewhere they may be a part of it.
  const quoted =
    before === '"' ? rest.indexOf('"') : before === "'" ? rest.search(/'(?![\p{L}\p{N}])/u) : bracket(rest, before)
  return start + (quoted >= 0 ? Math.min(end, quoted) : end)
}

/** The length of an address, without what follows a host that has no path. */
function hostEnd(typed: string): number {
  const [host = ''] = AUTHORITY.exec(typed) ?? []
  const isWhole = host === '' || GOES_ON.test(typed.slice(host.length))
  return isWhole ? typed.length : host.replace(/[^\p{L}\p{N}\p{M}]+$/u, '').length
}

/** Where the bracket closes that was opened before the address; -1: nowhere. */
function bracket(rest: string, before: string): number {
  const [closing, opening] = [...PAIRS].find(([, sign]) => sign === before) ?? []
  let depth = 0
  for (let at = 0; closing !== undefined && at < rest.length; at++) {
    if (rest.charAt(at) === opening) depth++
    if (rest.charAt(at) === closing && depth-- === 0) return at
  }
  return -1
}

function trimmed(text: string, start: number, extent: number): number {
  let end = extent
  for (; end > start; end--) {
    const last = text.charAt(end - 1)
    const address = text.slice(start, end)
    const opening = PAIRS.get(last)
    const belongs =
      opening === undefined
        ? !SENTENCE.has(last) && !(last === '"' && countOf(address, '"') % 2 === 1) && !isEmphasis(text, start, last)
        : countOf(address, last) <= countOf(address, opening)
    if (belongs) break
  }
  return end
}

/** A star behind an address closes emphasis only where one before it may have opened it. */
const isEmphasis = (text: string, start: number, sign: string): boolean =>
  '*_~'.includes(sign) && text.lastIndexOf(sign, start - 1) >= 0 && start > 0

const countOf = (text: string, sign: string): number => text.split(sign).length - 1

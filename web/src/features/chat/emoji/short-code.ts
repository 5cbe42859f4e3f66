interface ShortCode {
  readonly start: number
  readonly code: string
}

/** What may stand before the colon: 12:30, a:b and https:// are no short codes. */
const BEFORE = '(?:^|[\\s(\\[{"\'«„“*_~|>]|\\p{Extended_Pictographic}|\\p{Emoji_Modifier}|\\uFE0F)'
/** A letter first, except in :+1: and :-1:. Digits alone are times, ports and ratios. */
const OPEN = new RegExp(`${BEFORE}(:((?=\\+|-1|[\\p{L}_])[\\p{L}\\p{M}\\p{N}_+-]{2,40}))$`, 'u')
const CLOSED = new RegExp(`${BEFORE}(:([\\p{L}\\p{M}\\p{N}_+-]{2,40}):)$`, 'u')

/** The short code being typed after a colon, up to the caret; undefined: none. Two letters at least: `:)` is not one. */
export const openShortCode = (text: string, caret: number): ShortCode | undefined => before(OPEN, text, caret)

/** A short code that was just closed by its second colon. */
export const closedShortCode = (text: string, caret: number): ShortCode | undefined => before(CLOSED, text, caret)

function before(pattern: RegExp, text: string, caret: number): ShortCode | undefined {
  const [, whole = '', code = ''] = pattern.exec(text.slice(0, caret)) ?? []
  return whole === '' ? undefined : { start: caret - whole.length, code }
}

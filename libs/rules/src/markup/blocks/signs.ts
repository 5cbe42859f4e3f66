/** `# words`, to `######`. */
export const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/
/** A line of signs that parts what is above from what is below; never a list. */
export const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/
/** `> words`, `>words`, `>> words`; a `>` before a sign or a number is a smiley or an arrow. */
export const QUOTE = /^ {0,3}>(?=>*[ \t]+\S|\p{L}|<@)/u
/** A line of a quotation without words. */
export const QUOTE_GAP = /^ {0,3}>+[ \t]*$/
/** `- words`, `7. words`, `7) words`. */
export const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])([ \t]+)(?=\S)/
/** `[ ] words`, `[x] words` in an item. */
export const TASK = /^\[([ xX])\][ \t]+(?=\S)/
const ESCAPED_SIGN = /^([ \t]*(?:\d{1,9})?)\\(?=[#>*+.)-])/

/** The line without the back slash that keeps its first sign from being one of these; elsewhere a back slash is shown. */
export function withoutEscape(line: string): string {
  const open = line.replace(ESCAPED_SIGN, '$1')
  const isSign = open !== line && [HEADING, QUOTE, ITEM].some((sign) => sign.test(open))
  return isSign ? open : line
}

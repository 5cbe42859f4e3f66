const LETTER = /\p{L}/u
/** Hebrew, Arabic and the other scripts that run from right to left (Unicode, bidirectional classes R and AL). */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** The direction in which a text runs: that of its first letter (UAX 9, P2). Undefined: it has none. */
export function directionOf(text: string): 'ltr' | 'rtl' | undefined {
  const [letter] = LETTER.exec(text) ?? []
  return letter === undefined ? undefined : RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
}

/**
 * A name or a text as a part of a sentence from left to right: it runs in its own direction and leaves the rest where it is (FSI and PDI of
 * UAX 9). Texts that are from left to right anyway are returned as they are.
 */
export const isolated = (text: string): string => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text)

/**
 * Accents of the alphabets, the vowel points of Hebrew and Arabic, and the stretch of Arabic: words and names are compared without them. The
 * marks of other scripts are letters: without theirs राम and रीमा, or はた and はだ, would be one name.
 */
export const ACCENTS =
  /\u0640|(?=\p{M})(?:[\u0300-\u036f]|[\u0483-\u0487]|[\u0591-\u05c7]|[\u0610-\u061a]|[\u064b-\u06ed]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe20-\ufe2f])/gu
export const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu

/** Letters that Unicode does not part into one of a keyboard and an accent, as people type them who have no key for them. */
const ALSO = new Map(
  Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ı: 'i', ς: 'σ' }),
)

/** Small letters as those of a keyboard: Łódź and lodz, Straße and strasse are one. */
export const plainLetters = (small: string): string =>
  small.replace(/[ßæœøłđðþħıς]/g, (letter) => ALSO.get(letter) ?? letter)

import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Control characters except tab and new line, and characters that change or hide the writing direction (Unicode TR36, TR39). */
const FORBIDDEN = /(?![\t\n])\p{Cc}|\p{Cs}|[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/u

/** More combining marks on one letter than any language uses ("zalgo"). */
const STACKED_MARKS = /\p{M}{9}/u

/** A text of several lines, with uniform line ends. Errors: BAD_TEXT. */
export function cleanText(field: string, text: string): string {
  const tidy = text.replace(/\r\n?/g, '\n')
  if (FORBIDDEN.test(tidy) || STACKED_MARKS.test(tidy)) throw new Refusal(ErrorReason.BAD_TEXT, { field })
  return tidy
}

/** A name: one line, single spaces, not empty. Errors: BAD_TEXT; INVALID_REQUEST for a blank one. */
export function cleanName(field: string, text: string): string {
  const tidy = cleanLine(field, text)
  if (tidy === '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field })
  return tidy
}

/** One line, possibly empty. Errors: BAD_TEXT. */
export function cleanLine(field: string, text: string): string {
  return cleanText(field, text).trim().replace(/\s+/g, ' ')
}

/** Lower case, without accents, ё as е: equal for different spellings of a name. */
export const foldText = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()

import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ACCENTS, plainLetters, UNSEEN } from './letters.js'

/** Colours, links and cursor movements of a terminal (ECMA-48): what is left without their first character would be rubbish. */
const TERMINAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g
/** All that begins a new line: a line break of a slide is U+000B. */
const LINE_END = /\r\n?|[\v\f\u0085\u2028\u2029]/g
/**
 * What is never meant to be read: control characters except tab and new line, half characters, and characters that change or hide the
 * direction of writing (Unicode TR36, TR39), as they stand in copied paths and at the beginning of files.
 */
const HARMFUL = /(?![\t\n])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}|[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/gu
/** Marks need a letter to stand on; the two signs at the end are the blank of Braille and the place of an object that was not copied. */
const SEEN = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Default_Ignorable_Code_Point}\u2800\ufffc]/u
/** Signs as wide as a letter that show nothing. */
const BLANK = /[\u2800\u3164\u115f\u1160\uffa0]/g
/** Characters without a look of their own. A name keeps those that shape its letters and emoji: joiners, variation selectors, tags of flags. */
const SHAPELESS =
  /(?![\u180b-\u180f]|[\u200c-\u200d]|[\ufe00-\ufe0f]|[\u{e0020}-\u{e007f}]|[\u{e0100}-\u{e01ef}])\p{Default_Ignorable_Code_Point}/gu
/** More combining marks on one letter than any language uses ("zalgo"). */
const STACKED_MARKS = /\p{M}{9}/u

/** Whether there is anything to see. Invisible characters alone are no name and no message. */
export const isBlank = (text: string): boolean => !SEEN.test(text)

/**
 * A text of several lines as it is stored and counted: without what nobody sees, with uniform line ends; empty when there is nothing to
 * see. Nothing that a person has pasted is refused for its invisible characters.
 */
export function tidyText(text: string): string {
  const tidy = text.replace(TERMINAL, '').replace(LINE_END, '\n').replace(HARMFUL, '')
  return isBlank(tidy) ? '' : tidy
}

/** The same with a limit to the marks on one letter. Errors: BAD_TEXT. */
export function cleanText(field: string, text: string): string {
  const tidy = tidyText(text)
  if (STACKED_MARKS.test(tidy)) throw new Refusal(ErrorReason.BAD_TEXT, { field })
  return tidy
}

/** A name: one line, not empty. Errors: BAD_TEXT; INVALID_REQUEST for a blank one. */
export function cleanName(field: string, text: string): string {
  const tidy = cleanLine(field, text)
  if (tidy === '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field })
  return tidy
}

/**
 * One line of single spaces, possibly empty. Lines that look the same are the same: in form NFC, without invisible characters. Errors:
 * BAD_TEXT.
 */
export function cleanLine(field: string, text: string): string {
  const seen = cleanText(field, text).replace(BLANK, ' ').replace(SHAPELESS, '').normalize('NFC')
  return seen.trim().replace(/\s+/g, ' ')
}

/** Lower case, without accents and invisible characters, ё as е, ł as l: equal for different spellings of a name. */
export const foldText = (text: string): string =>
  plainLetters(text.normalize('NFKD').replace(ACCENTS, '').replace(UNSEEN, '').toLowerCase()).normalize('NFC').trim()

/** A user name as it was typed, with or without its @, as it is stored. */
export const foldUsername = (text: string): string => foldText(text).replace(/^@/, '')

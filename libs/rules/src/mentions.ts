import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { isWithin, silentRanges } from './silent-ranges.js'

/** Limit of people that one message may mention by name, to prevent abuse. */
export const MAX_MENTIONS = 50
/** Characters of a message, as people count them (`lengthOf`). */
export const MAX_TEXT = 4000

/** The mentions of a text. */
export interface TextMentions {
  readonly userIds: readonly string[]
  readonly all: boolean
  readonly admins: boolean
}

const MENTION = /<@(all|admins|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})>/g
/** Length of a mention of a person. */
const MENTION_LENGTH = '<@00000000-0000-0000-0000-000000000000>'.length

/** A mention of a person as written in a text. */
export const mentionOf = (target: string): string => `<@${target}>`

/**
 * Length of a message as people count it: in characters, and a mention is one, however long the name or the id. Mentions beyond
 * MAX_MENTIONS count in full, so that the request stays short.
 */
export function lengthOf(text: string): number {
  const mentions = [...text.matchAll(MENTION)].slice(0, MAX_MENTIONS)
  return mentions.reduce((length, [mention]) => length - mention.length + 1, [...text].length)
}

/** Characters that a request may carry: a text of MAX_TEXT with MAX_MENTIONS mentions. The contract says the same. */
export const MAX_RAW_TEXT = MAX_TEXT + MAX_MENTIONS * (MENTION_LENGTH - 1)

/**
 * `<@user id>`, `<@all>` and `<@admins>` of a text. In code and quotations, and behind a backslash, they call nobody. Errors: TOO_MANY.
 */
export function mentionsIn(text: string): TextMentions {
  const silent = text.includes('<@') ? silentRanges(text) : []
  const calls = [...text.matchAll(MENTION)].filter(({ index }) => !isWithin(silent, index) && !isEscaped(text, index))
  const targets = new Set(calls.map(([, target = '']) => target))
  const userIds = [...targets].filter((target) => target !== 'all' && target !== 'admins')
  if (userIds.length > MAX_MENTIONS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_MENTIONS) })
  return { userIds, all: targets.has('all'), admins: targets.has('admins') }
}

const isEscaped = (text: string, index: number): boolean =>
  (/\\*$/.exec(text.slice(Math.max(0, index - MAX_SLASHES), index))?.[0].length ?? 0) % 2 === 1
/** Backslashes that are counted before a mention. */
const MAX_SLASHES = 64

/** The text with every mention replaced by the result of `name` for its target. */
export const replaceMentions = (text: string, name: (target: string) => string): string =>
  text.replace(MENTION, (_, target: string) => name(target))

/** The text in pieces: plain text, and the targets of its mentions. */
export function splitMentions(text: string): readonly ({ readonly text: string } | { readonly target: string })[] {
  const pieces: ({ text: string } | { target: string })[] = []
  let end = 0
  for (const match of text.matchAll(MENTION)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ target: match[1] ?? '' })
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

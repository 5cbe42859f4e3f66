import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MENTION } from './markup/inline/mention-sign.js'
import { parseMarkup } from './markup/parse.js'
import { inlinesOf } from './markup/walk.js'

/** Limit of people that one message may mention by name, to prevent abuse. */
export const MAX_MENTIONS = 50
/** Characters of a message, as people count them (`lengthOf`). */
export const MAX_TEXT = 4000
/** An id of nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** The mentions of a text. */
export interface TextMentions {
  readonly userIds: readonly string[]
  readonly all: boolean
  readonly admins: boolean
}

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
export const MAX_RAW_TEXT = MAX_TEXT + MAX_MENTIONS * (mentionOf(NOBODY).length - 1)

/**
 * `<@user id>`, `<@all>` and `<@admins>` of a text, where they are shown as mentions: in code, behind a backslash, and in quotations they call
 * nobody. Errors: TOO_MANY.
 */
export function mentionsIn(text: string): TextMentions {
  const targets = targetsIn(text)
  const userIds = [...targets].filter((target) => target !== 'all' && target !== 'admins')
  if (userIds.length > MAX_MENTIONS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_MENTIONS) })
  return { userIds, all: targets.has('all'), admins: targets.has('admins') }
}

function targetsIn(text: string): ReadonlySet<string> {
  const targets = new Set<string>()
  if (text.search(MENTION) < 0) return targets
  for (const node of inlinesOf(parseMarkup(text), { quotes: false, spoilers: true }))
    if (node.type === 'mention') targets.add(node.target)
  return targets
}

/** The text with every mention replaced by the result of `name` for its target. */
export const replaceMentions = (text: string, name: (target: string) => string): string =>
  text.replace(MENTION, (_, target: string) => name(target))

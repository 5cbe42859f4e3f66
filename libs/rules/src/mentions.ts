import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Limit of people that one message may mention by name, to prevent abuse. */
export const MAX_MENTIONS = 50

/** The mentions of a text. */
export interface TextMentions {
  readonly userIds: readonly string[]
  readonly all: boolean
  readonly admins: boolean
}

const MENTION = /<@(all|admins|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})>/g

/** A mention of a person as written in a text. */
export const mentionOf = (target: string): string => `<@${target}>`

/** `<@user id>`, `<@all>` and `<@admins>` of a text. Errors: TOO_MANY. */
export function mentionsIn(text: string): TextMentions {
  const targets = new Set([...text.matchAll(MENTION)].map(([, target = '']) => target))
  const userIds = [...targets].filter((target) => target !== 'all' && target !== 'admins')
  if (userIds.length > MAX_MENTIONS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_MENTIONS) })
  return { userIds, all: targets.has('all'), admins: targets.has('admins') }
}

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

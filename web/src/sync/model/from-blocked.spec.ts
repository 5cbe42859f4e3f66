import { expect, test } from 'vitest'
import { isFromBlocked } from './from-blocked.js'
import { shownLast } from './last-message.js'
import type { ChatMessage } from './model.js'

const blocked = new Set(['eve'])
const by = (authorId: string, forwardedFrom?: string) =>
  ({ authorId, forwarded: forwardedFrom === undefined ? undefined : { authorId: forwardedFrom } }) as ChatMessage

test('words of somebody who is blocked are theirs, also where another person has forwarded them', () => {
  expect([by('eve'), by('bob', 'eve'), by('eve', 'bob')].map((one) => isFromBlocked(one, blocked))).toEqual([
    true,
    true,
    true,
  ])
  expect([by('bob'), by('bob', 'kim'), by('bob', '')].map((one) => isFromBlocked(one, blocked))).toEqual([
    false,
    false,
    false,
  ])
})

test('the list of conversations shows none of them: the newest that is left, if the newest are loaded', () => {
  const messages = [by('bob'), by('kim', 'eve'), by('eve')]
  const [first, second, third] = messages
  for (const lastMessage of [second, third]) {
    expect(shownLast({ lastMessage, messages, hasNewer: false }, blocked)).toBe(first)
    expect(shownLast({ lastMessage, messages, hasNewer: true }, blocked)).toBeUndefined()
  }
  expect(shownLast({ lastMessage: first, messages, hasNewer: true }, blocked)).toBe(first)
})

import { expect, test } from 'vitest'
import { pullOf, type Screen } from './drawers.js'

const phone: Screen = {
  phone: true,
  narrow: true,
  inConversation: true,
  panelOpen: false,
  isGroup: true,
  hasLast: false,
}
const list: Screen = { ...phone, inConversation: false }

test('on a phone: members are to the right of the conversation, the list to its left', () => {
  expect(pullOf(1, phone)).toBe('back to list')
  expect(pullOf(-1, phone)).toBe('open panel')
  expect(pullOf(-1, { ...phone, isGroup: false })).toBeUndefined()
})
test('an open panel closes towards the side it came from, and nothing else moves', () => {
  expect(pullOf(1, { ...phone, panelOpen: true })).toBe('close panel')
  expect(pullOf(-1, { ...phone, panelOpen: true })).toBeUndefined()
})
test('from the list, a swipe brings back the conversation that was open', () => {
  expect(pullOf(-1, { ...list, hasLast: true })).toBe('back to conversation')
  expect(pullOf(-1, list)).toBeUndefined()
  expect(pullOf(1, { ...list, hasLast: true })).toBeUndefined()
})
test('on a tablet only panels are drawers, on a desktop nothing is', () => {
  const tablet = { ...phone, phone: false }
  expect(pullOf(1, tablet)).toBeUndefined()
  expect(pullOf(-1, tablet)).toBe('open panel')
  expect(pullOf(1, { ...tablet, panelOpen: true })).toBe('close panel')
  expect(pullOf(-1, { ...tablet, narrow: false })).toBeUndefined()
})

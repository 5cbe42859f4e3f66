import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { mediaOf, mediaText, SILENT } from './media-state.js'
import { REACTIONS, Reactions, reactionOf, reactionText } from './reactions.js'

test.each(REACTIONS)('%s arrives as it was sent, and is no device state', (reaction) => {
  expect(reactionOf(reactionText(reaction))).toBe(reaction)
  expect(mediaOf(reactionText(reaction))).toBeUndefined()
})

test.each([
  '{"reaction":"<b>hi</b>"}',
  '{"reaction":"👎"}',
  '{"reaction":{}}',
  'null',
  '7',
  'not json',
  mediaText(SILENT),
])('%s is none', (text) => expect(reactionOf(text)).toBeUndefined())

test('the newest reaction of a person is shown for four seconds', async () => {
  const clock = new TestClock()
  let changes = 0
  const shown = new Reactions(clock, () => changes++)
  shown.show('ann', '👍')
  await clock.pass(3_000)
  shown.show('ann', '👍')
  const first = shown.of('ann')?.turn
  shown.show('bob', '🎉')
  await clock.pass(3_900)
  expect([shown.of('ann')?.reaction, shown.of('bob')?.reaction]).toEqual(['👍', '🎉'])
  expect(shown.of('ann')?.turn).toBe(first)
  await clock.pass(200)
  expect([shown.of('ann'), shown.of('bob')]).toEqual([undefined, undefined])
  expect(changes).toBe(5)
  shown.show('ann', '👏')
  shown.close()
  await clock.pass(5_000)
  expect(changes).toBe(6)
})

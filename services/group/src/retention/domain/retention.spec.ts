import { fold } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { COUNTED } from '@beseda/rules'
import { expect, test } from 'vitest'
import { FOR_EVER, heldOf, type RetentionCommand, retentionDecider } from './retention.js'

const hold = (id: string, on = true, reason = 'a lawsuit'): RetentionCommand => ({
  ...{ type: 'SetHold', held: { kind: 'person', id }, on, reason },
})
const month: RetentionCommand = { type: 'SetRule', rule: { ...FOR_EVER, [GroupKind.GROUP]: 30 } }
const after = (...commands: RetentionCommand[]) =>
  commands.reduce(
    (state, command) => fold(retentionDecider, retentionDecider.decide(command, state), state),
    retentionDecider.initialState,
  )
const decide = (command: RetentionCommand, ...before: RetentionCommand[]) =>
  retentionDecider.decide(command, after(...before))

test('a rule replaces the one before, and the same rule changes nothing', () => {
  expect(after(month).rule).toEqual({ ...FOR_EVER, [GroupKind.GROUP]: 30 })
  expect([decide(month, month), decide({ type: 'SetRule', rule: FOR_EVER })]).toEqual([[], []])
})

test('a hold stands until it is released; another reason is another fact', () => {
  expect([...after(hold('ann')).holds.values()]).toEqual([{ kind: 'person', id: 'ann', reason: 'a lawsuit' }])
  expect(after(hold('ann'), hold('ann', false)).holds.size).toBe(0)
  expect([decide(hold('ann'), hold('ann')), decide(hold('ann', false))]).toEqual([[], []])
  expect(decide(hold('ann', true, 'another lawsuit'), hold('ann'))).toHaveLength(1)
})

test('there are not more holds than anybody keeps an eye on', () => {
  const full = after(...Array.from({ length: COUNTED.holds }, (_, i) => hold(`p${i}`)))
  expect(() => retentionDecider.decide(hold('one more'), full)).toThrow('TOO_MANY')
  expect(retentionDecider.decide(hold('p1', false), full)).toHaveLength(1)
})

test('a hold is on a person or a group, not on both', () => {
  expect([heldOf({ groupId: 'g', userId: '' }), heldOf({ groupId: '', userId: 'p' })]).toEqual([
    { kind: 'group', id: 'g' },
    { kind: 'person', id: 'p' },
  ])
  expect(() => heldOf({ groupId: '', userId: '' })).toThrow('INVALID_REQUEST')
  expect(() => heldOf({ groupId: 'g', userId: 'p' })).toThrow('INVALID_REQUEST')
})

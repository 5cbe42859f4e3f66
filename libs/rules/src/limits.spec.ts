import { GroupKind } from '@beseda/proto/group/v1/events'
import { expect, test } from 'vitest'
import { MEMBER_LIMIT } from './limits.js'

test('a direct chat has two members, a group 100, a channel 1000', () => {
  expect([GroupKind.DIRECT, GroupKind.GROUP, GroupKind.CHANNEL].map((kind) => MEMBER_LIMIT[kind])).toEqual([
    2, 100, 1000,
  ])
})

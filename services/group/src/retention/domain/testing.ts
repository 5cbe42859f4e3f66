import { GroupKind } from '@beseda/proto/group/v1/events'
import fc from 'fast-check'
import type { RetentionCommand } from './retention.js'

const days = fc.constantFrom(0, 1, 30)

/** Any command, valid or not. */
export const anyCommand: fc.Arbitrary<RetentionCommand> = fc.oneof(
  fc.tuple(days, days, days).map(([direct, group, channel]) => ({
    type: 'SetRule' as const,
    rule: { [GroupKind.DIRECT]: direct, [GroupKind.GROUP]: group, [GroupKind.CHANNEL]: channel },
  })),
  fc.record({
    type: fc.constant('SetHold' as const),
    held: fc.record({ kind: fc.constantFrom('group' as const, 'person' as const), id: fc.constantFrom('a', 'b') }),
    on: fc.boolean(),
    reason: fc.constantFrom('', 'a lawsuit'),
  }),
)

import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { HoldChangedSchema, RetentionChangedSchema, RetentionRuleSchema } from '@beseda/proto/moderation/v1/events'
import { cleanText, requireRoom } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'

type EventBody = Event['body']

/** Kinds of groups that have a rule of their own. */
export const RULED_KINDS = [GroupKind.DIRECT, GroupKind.GROUP, GroupKind.CHANNEL] as const
export type RuledKind = (typeof RULED_KINDS)[number]

/** Days after which a message is deleted; 0: never. */
export type RetentionRule = Readonly<Record<RuledKind, number>>

/** What a hold is on. */
export interface Held {
  readonly kind: 'group' | 'person'
  readonly id: string
}
export const heldKey = ({ kind, id }: Held): string => `${kind} ${id}`

export interface Hold extends Held {
  readonly reason: string
}

export interface Retention {
  readonly rule: RetentionRule
  /** By {@link heldKey}. */
  readonly holds: ReadonlyMap<string, Hold>
}

export type RetentionCommand =
  | { readonly type: 'SetRule'; readonly rule: RetentionRule }
  | { readonly type: 'SetHold'; readonly held: Held; readonly on: boolean; readonly reason: string }

export type RetentionChange =
  | { readonly kind: 'rule'; readonly rule: RetentionRule }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'released'; readonly held: Held }

export const FOR_EVER: RetentionRule = { [GroupKind.DIRECT]: 0, [GroupKind.GROUP]: 0, [GroupKind.CHANNEL]: 0 }

/** The one reading of an event. */
export function changesOf(body: EventBody): readonly RetentionChange[] {
  if (body.case === 'retentionChanged') {
    const { directDays = 0, groupDays = 0, channelDays = 0 } = body.value.rule ?? {}
    const rule = { [GroupKind.DIRECT]: directDays, [GroupKind.GROUP]: groupDays, [GroupKind.CHANNEL]: channelDays }
    return [{ kind: 'rule', rule }]
  }
  if (body.case !== 'holdChanged') return []
  const { groupId, userId, held: on, reason } = body.value
  const held: Held = userId === '' ? { kind: 'group', id: groupId } : { kind: 'person', id: userId }
  return [on ? { kind: 'held', hold: { ...held, reason } } : { kind: 'released', held }]
}

export const retentionDecider: Decider<Retention, RetentionCommand, EventBody> = {
  initialState: { rule: FOR_EVER, holds: new Map() },

  decide(command, { rule, holds }) {
    if (command.type === 'SetRule') {
      const wanted = command.rule
      if (RULED_KINDS.every((kind) => rule[kind] === wanted[kind])) return []
      const days = {
        directDays: wanted[GroupKind.DIRECT],
        groupDays: wanted[GroupKind.GROUP],
        channelDays: wanted[GroupKind.CHANNEL],
      }
      const value = create(RetentionChangedSchema, { rule: create(RetentionRuleSchema, days) })
      return [{ case: 'retentionChanged', value }]
    }
    const { held, on } = command
    const reason = cleanText('reason', command.reason).trim()
    const present = holds.get(heldKey(held))
    if (on ? present?.reason === reason : !present) return []
    if (on && !present) requireRoom('holds', holds.size)
    const ids = held.kind === 'group' ? { groupId: held.id } : { userId: held.id }
    const value = create(HoldChangedSchema, { ...ids, held: on, reason: on ? reason : '' })
    return [{ case: 'holdChanged', value }]
  },

  evolve: (state, event) => changesOf(event).reduce(applyChange, state),
}

function applyChange({ rule, holds }: Retention, change: RetentionChange): Retention {
  if (change.kind === 'rule') return { rule: change.rule, holds }
  const changed = new Map(holds)
  if (change.kind === 'held') changed.set(heldKey(change.hold), change.hold)
  else changed.delete(heldKey(change.held))
  return { rule, holds: changed }
}

/** Empty: not on one. */
export interface HeldIds {
  readonly groupId: string
  readonly userId: string
}

/** Exactly one of the ids is given. Errors: INVALID_REQUEST. */
export function heldOf({ groupId, userId }: HeldIds): Held {
  if ((groupId === '') === (userId === '')) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'user_id' })
  return userId === '' ? { kind: 'group', id: groupId } : { kind: 'person', id: userId }
}

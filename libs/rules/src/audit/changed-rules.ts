import {
  Discoverability,
  type GroupSettings,
  GroupSettingsSchema,
  NewcomerHistory,
} from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create, equals } from '@bufbuild/protobuf'

const RULES = [
  'discoverability',
  'newcomerHistory',
  'slowMode',
  'disappearing',
  'noLinkPreviews',
  'voiceRoom',
  'permissions',
] as const
export type Rule = (typeof RULES)[number]
const FIELDS: Readonly<Record<Rule, keyof GroupSettings>> = {
  discoverability: 'discoverability',
  newcomerHistory: 'newcomerHistory',
  slowMode: 'slowModeS',
  disappearing: 'messageTtlS',
  noLinkPreviews: 'noLinkPreviews',
  voiceRoom: 'voiceRoom',
  permissions: 'permissions',
}

/** The settings before a change; undefined: they are not known. */
export type RulesBefore = GroupSettings | undefined

/** The rules that differ between two settings; none if the former are not known. */
export const changedRules = (before: RulesBefore, after: GroupSettings): Rule[] =>
  RULES.filter((rule) => {
    if (!before) return false
    const [one, other] = [before, after].map((settings) =>
      create(GroupSettingsSchema, { [FIELDS[rule]]: settings[FIELDS[rule]] }),
    )
    return one && other && !equals(GroupSettingsSchema, one, other)
  })

/** The settings before an event of a list sorted newest first; undefined when the list does not go back that far. */
export function settingsBefore(events: readonly (Event | undefined)[], index: number): RulesBefore {
  for (const event of events.slice(index + 1)) {
    if (event?.body.case === 'groupUpdated' && event.body.value.settings) return event.body.value.settings
    // Defaults of a new group: by invite only, and everybody reads the whole history.
    if (event?.body.case === 'groupCreated')
      return create(GroupSettingsSchema, {
        newcomerHistory: NewcomerHistory.ALL,
        discoverability: Discoverability.HIDDEN,
      })
  }
  return undefined
}

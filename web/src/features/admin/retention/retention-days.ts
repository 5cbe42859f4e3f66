import type { RetentionRule } from '@beseda/proto/moderation/v1/events'

/** Days as they are typed; empty: for ever. */
export interface TypedDays {
  direct: string
  group: string
  channel: string
}
export const DAY_FIELDS = ['direct', 'group', 'channel'] as const

/** As the contract has it. */
const LONGEST_DAYS = 36_500

const textOf = (days: number): string => (days === 0 ? '' : String(days))

export const typedDays = (
  rule: Pick<RetentionRule, 'directDays' | 'groupDays' | 'channelDays'> | undefined,
): TypedDays => ({
  direct: textOf(rule?.directDays ?? 0),
  group: textOf(rule?.groupDays ?? 0),
  channel: textOf(rule?.channelDays ?? 0),
})

/** 0: for ever; undefined: that is no number of days. */
export function daysOf(typed: string): number | undefined {
  if (typed.trim() === '') return 0
  const days = /^\d+$/.test(typed.trim()) ? Number(typed) : 0
  return days >= 1 && days <= LONGEST_DAYS ? days : undefined
}

/** Something that is kept now would be deleted sooner. */
export const deletesMore = (before: TypedDays, after: TypedDays): boolean =>
  DAY_FIELDS.some(
    (field) => (daysOf(after[field]) || Number.POSITIVE_INFINITY) < (daysOf(before[field]) || Number.POSITIVE_INFINITY),
  )

/** The days of a rule as the audit log has them (`0/365/30`), in words. */
export function daysTold(detail: string, forEver: string): { direct: string; group: string; channel: string } {
  const [direct = '', group = '', channel = ''] = detail.split('/').map((days) => (days === '0' ? forEver : days))
  return { direct, group, channel }
}

import { GroupKind } from '@beseda/proto/group/v1/events'

const KINDS: Readonly<Record<GroupKind, string>> = {
  [GroupKind.UNSPECIFIED]: '',
  [GroupKind.DIRECT]: 'direct',
  [GroupKind.GROUP]: 'group',
  [GroupKind.CHANNEL]: 'channel',
}

/** Undefined kinds are those of newer versions. */
export const kindOfGroup = (kind: GroupKind): string => KINDS[kind] ?? ''

import { GroupKind } from '@beseda/proto/group/v1/events'
import { pollText } from '@beseda/rules'
import type { EntryMessage } from '../../domain/entry.js'

const KINDS: Readonly<Record<GroupKind, string>> = {
  [GroupKind.UNSPECIFIED]: '',
  [GroupKind.DIRECT]: 'direct',
  [GroupKind.GROUP]: 'group',
  [GroupKind.CHANNEL]: 'channel',
}

/** Undefined kinds are those of newer versions. */
export const kindOfGroup = (kind: GroupKind): string => KINDS[kind] ?? ''

/** What a message says, in formats that have only a text for it. */
export const saidIn = ({ text, options }: EntryMessage): string =>
  options.length > 0 ? `Poll: ${pollText(text, options)}` : text

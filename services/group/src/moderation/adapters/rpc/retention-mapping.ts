import { GroupKind } from '@beseda/proto/group/v1/events'
import type { RetentionDays } from '@beseda/proto/moderation/v1/moderation_service'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { HoldPicture } from '../../../retention/application/retention-commands.js'
import type { RetentionRule } from '../../../retention/domain/retention.js'

export const ruleFrom = (days: RetentionDays | undefined): RetentionRule | undefined =>
  days && { [GroupKind.DIRECT]: days.direct, [GroupKind.GROUP]: days.group, [GroupKind.CHANNEL]: days.channel }

export const toRule = (rule: RetentionRule) => ({
  directDays: rule[GroupKind.DIRECT],
  groupDays: rule[GroupKind.GROUP],
  channelDays: rule[GroupKind.CHANNEL],
})

export const toHold = ({ kind, id, reason, placedBy, placedAt, groupName }: HoldPicture) => ({
  ...(kind === 'group' ? { groupId: id } : { userId: id }),
  ...{ groupName, reason, placedBy, placedAt: timestampFromMs(placedAt) },
})

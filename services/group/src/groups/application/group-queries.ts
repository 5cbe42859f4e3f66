import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Access } from './access.js'
import type { GroupReader } from './ports.js'
import type { GroupRecord, MemberRecord, WebhookRecord } from './records.js'

/** A group with its people. */
export interface GroupPicture {
  readonly group: GroupRecord
  readonly members: readonly MemberRecord[]
}

/** What members ask about a group and its webhooks. */
export class GroupQueries {
  constructor(
    private readonly access: Access,
    private readonly groups: GroupReader,
  ) {}

  /** Errors: NOT_A_MEMBER. */
  get(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<GroupPicture> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ group }) => this.#picture(group))
  }

  /** The group after a command on it. Errors: GROUP_NOT_FOUND. */
  picture(groupId: string): GroupPicture {
    const group = this.groups.group(groupId)
    if (!group) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
    return this.#picture(group)
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  webhooks(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<readonly WebhookRecord[]> {
    return this.access.permitted(Permission.MANAGE_WEBHOOKS, groupId, userId, minSeq, signal, () =>
      this.groups.webhooks(groupId),
    )
  }

  #picture(group: GroupRecord): GroupPicture {
    return { group, members: this.groups.members(group.id) }
  }
}

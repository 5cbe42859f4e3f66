import { createHash } from 'node:crypto'
import type { CommandResult, EventBody } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Role } from '@beseda/proto/common/v1/roles'
import { type GroupCreated, GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import { cleanName } from '@beseda/rules'
import { equals } from '@bufbuild/protobuf'
import type { Files } from '../../files/application/files.js'
import {
  commandById,
  directChatOf,
  foundingOf,
  type GroupRow,
  groupById,
  isBlocked,
  loadGroup,
  memberOf,
  membersOf,
  type WebhookRow,
  webhooksOf,
} from '../adapters/views/group-reader.js'
import { type Group, type GroupChange, type GroupCommand, groupDecider, requireShared } from '../domain/group.js'
import type { Access } from './access.js'

export interface Founding {
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly memberIds: readonly string[]
}

/** What the ids of people are checked against. */
export interface People {
  /** Those of the ids that are nobody's. */
  unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]>
  /** Display names by id. */
  names(userIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

/** Founding, changing and ending groups, and their webhooks. */
export class Groups {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly people: People,
    private readonly files: Files,
    private readonly secret: InstallationSecret,
  ) {}

  /**
   * The id is derived from the installation's secret, so that nobody can take the id of somebody else's group. A retry gets the
   * same group, and only with the same content. Two people have one direct chat, whoever opens it.
   * Errors: USER_NOT_FOUND, BLOCKED, GROUP_FULL, GROUP_DELETED, COMMAND_ID_REUSED.
   */
  async create(founding: Founding, caller: Caller): Promise<CommandResult & { group: GroupRow; created: boolean }> {
    const command: GroupCommand = { type: 'Create', ...founding, founderId: caller.userId }
    const [event] = groupDecider.decide(command, undefined)
    const direct = founding.kind === GroupKind.DIRECT
    const groupId = direct
      ? this.#directChatId(caller.userId, founding)
      : this.secret.id('group', caller.userId, caller.commandId)
    if (!groupById(this.history.view, groupId)) await this.#requirePeople(founding, caller)
    const result = await this.#run(groupId, caller, () => command)
    const group = this.#group(groupId)
    const created = result.events.length > 0
    if (!direct && !created) this.#requireSameFounding(group, event)
    return { ...result, group, created }
  }

  /** The chat that the two have, else the id that theirs will get. Chats made by earlier releases have ids of another form. */
  #directChatId(founderId: string, { memberIds }: Founding): string {
    const other = otherOf(founderId, memberIds)
    const [first, second] = founderId < other ? [founderId, other] : [other, founderId]
    return directChatOf(this.history.view, founderId, other) ?? this.secret.id('direct chat', first, second)
  }

  /** Errors: USER_NOT_FOUND, BLOCKED. */
  async #requirePeople({ kind, memberIds }: Founding, { userId, signal }: Caller): Promise<void> {
    const [unknown] = await this.people.unknown(memberIds, signal)
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
    if (kind === GroupKind.DIRECT && isBlocked(this.history.view, userId, otherOf(userId, memberIds))) {
      throw new Refusal(ErrorReason.BLOCKED)
    }
  }

  /** Errors: GROUP_DELETED; COMMAND_ID_REUSED when the group was founded by a request with other content. */
  #requireSameFounding(group: GroupRow, event: EventBody | undefined): void {
    if (group.deleted === 1) throw new Refusal(ErrorReason.GROUP_DELETED)
    const first = foundingOf(this.history.view, group.id)
    const isSame = first !== undefined && event?.case === 'groupCreated' && isSameFounding(first, event.value)
    if (!isSame) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED, ARCHIVED, BAD_FILE. */
  async update(groupId: string, change: GroupChange, caller: Caller): Promise<CommandResult & { group: GroupRow }> {
    if (change.avatarFileId) await this.files.require(change.avatarFileId, caller.userId, FilePurpose.AVATAR)
    const result = await this.#asMember(groupId, caller, (role) => ({ type: 'Update', role, change }))
    return { ...result, group: this.#group(groupId) }
  }

  delete(groupId: string, caller: Caller): Promise<CommandResult> {
    return this.#asMember(groupId, caller, (role) => ({ type: 'Delete', role }))
  }

  /** Nobody is left in the group. */
  close(groupId: string, caller: Caller): Promise<CommandResult> {
    return this.#run(groupId, caller, () => ({ type: 'Close' }))
  }

  /** By an administrator of the installation. */
  setArchived(groupId: string, archived: boolean, caller: Caller): Promise<CommandResult> {
    return this.#run(groupId, caller, () => ({ type: 'SetArchived', archived }))
  }

  /** Errors: GROUP_NOT_FOUND, DIRECT_CHAT. */
  requireShared(groupId: string): void {
    requireShared(loadGroup(this.history.view, groupId).state)
  }

  /** The group as one of its members sees it. Errors: NOT_A_MEMBER. */
  get(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<GroupRow> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ group }) => group)
  }

  members(groupId: string) {
    return membersOf(this.history.view, groupId)
  }

  /**
   * Id and token are keyed hashes of the command and who gave it, so that a retry gets the same ones. A retry is answered to its
   * author with the same content, as long as they still may manage webhooks. Errors: NOT_A_MEMBER, NOT_PERMITTED, TOO_MANY,
   * COMMAND_ID_REUSED.
   */
  async createWebhook(
    groupId: string,
    name: string,
    caller: Caller,
  ): Promise<CommandResult & { webhook: WebhookRow; token: string }> {
    const parts = [groupId, caller.userId, caller.commandId]
    const webhookId = this.secret.id('webhook', ...parts)
    const token = this.secret.hash('webhook', parts.join(' ')).subarray(0, 24).toString('base64url')
    const result = await this.#asMember(groupId, caller, (role) => ({
      type: 'CreateWebhook',
      role,
      webhookId,
      name,
      tokenHash: tokenHash(token),
    }))
    const webhook = webhooksOf(this.history.view, groupId).find(({ id }) => id === webhookId)
    if (webhook?.name !== cleanName('name', name)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    if (result.events.length === 0) await this.#requirePermission(Permission.MANAGE_WEBHOOKS, groupId, caller)
    return { ...result, token, webhook }
  }

  webhooks(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<WebhookRow[]> {
    return this.access.permitted(Permission.MANAGE_WEBHOOKS, groupId, userId, minSeq, signal, () =>
      webhooksOf(this.history.view, groupId),
    )
  }

  deleteWebhook(groupId: string, webhookId: string, caller: Caller): Promise<CommandResult> {
    return this.#asMember(groupId, caller, (role) => ({ type: 'DeleteWebhook', role, webhookId }))
  }

  #requirePermission(permission: Permission, groupId: string, { userId, signal }: Caller): Promise<void> {
    return this.access.permitted(permission, groupId, userId, 0, signal, () => undefined)
  }

  #group(groupId: string): GroupRow {
    const group = groupById(this.history.view, groupId)
    if (!group) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
    return group
  }

  #asMember(groupId: string, caller: Caller, command: (role: Role | undefined) => GroupCommand) {
    return this.#run(groupId, caller, () => command(memberOf(this.history.view, groupId, caller.userId)?.role))
  }

  #run(groupId: string, caller: Caller, command: () => GroupCommand): Promise<CommandResult> {
    return this.history.run<Group>(groupId, 'group', caller, {
      findResult: () => {
        const done = commandById(this.history.view, caller.commandId)
        const isRetry = done?.actor_id === caller.userId && done.group_id === groupId
        if (done && !isRetry) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => loadGroup(this.history.view, groupId),
      decide: (group) => groupDecider.decide(command(), group),
    })
  }
}

export const tokenHash = (token: string): Uint8Array => createHash('sha256').update(token).digest()

/** Whom the founder opens a direct chat with. */
const otherOf = (founderId: string, memberIds: readonly string[]): string =>
  memberIds.find((userId) => userId !== founderId) ?? ''

const isSameFounding = (one: GroupCreated, other: GroupCreated): boolean =>
  equals(GroupCreatedSchema, inOneOrder(one), inOneOrder(other))

const inOneOrder = (founding: GroupCreated): GroupCreated => ({
  ...founding,
  memberIds: founding.memberIds.toSorted((a, b) => (a < b ? -1 : 1)),
})

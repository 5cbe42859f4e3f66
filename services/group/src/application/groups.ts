import { createHash } from 'node:crypto'
import type { CommandResult } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { formatUuid, Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import { type Group, type GroupChange, type GroupCommand, groupDecider, requireShared } from '../domain/group.js'
import {
  commandById,
  type GroupRow,
  groupById,
  isBlocked,
  loadGroup,
  memberOf,
  membersOf,
  type WebhookRow,
  webhooksOf,
} from '../projections/queries.js'
import type { Access } from './access.js'
import type { Files } from './files.js'

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
   * A group's id is its founding command's; a direct chat's is the pair's, so that both people find the same one.
   * Errors: USER_NOT_FOUND, BLOCKED, GROUP_FULL.
   */
  async create(founding: Founding, caller: Caller): Promise<CommandResult & { group: GroupRow; created: boolean }> {
    const { userId: founderId, commandId } = caller
    const [other] = founding.memberIds
    const direct = founding.kind === GroupKind.DIRECT && other !== undefined
    const groupId = direct ? directChatId(founderId, other) : commandId
    const command: GroupCommand = { type: 'Create', ...founding, founderId }
    groupDecider.decide(command, undefined)
    const unknown = await this.people.unknown(founding.memberIds, caller.signal)
    if (unknown.length > 0) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown[0] ?? '' })
    if (direct && !groupById(this.history.view, groupId) && isBlocked(this.history.view, founderId, other)) {
      throw new Refusal(ErrorReason.BLOCKED)
    }
    const result = await this.#run(groupId, caller, () => command)
    const group = this.#group(groupId)
    if (!direct && group.founder_id !== founderId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return { ...result, group, created: result.events.length > 0 }
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

  /** The token is a keyed hash of the command, so that a retry gets the same one. */
  async createWebhook(
    groupId: string,
    name: string,
    caller: Caller,
  ): Promise<CommandResult & { webhook: WebhookRow | undefined; token: string }> {
    const token = this.secret.hash('webhook', `${groupId} ${caller.commandId}`).subarray(0, 24).toString('base64url')
    const webhookId = caller.commandId
    const result = await this.#asMember(groupId, caller, (role) => ({
      type: 'CreateWebhook',
      role,
      webhookId,
      name,
      tokenHash: tokenHash(token),
    }))
    return { ...result, token, webhook: webhooksOf(this.history.view, groupId).find(({ id }) => id === webhookId) }
  }

  webhooks(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<WebhookRow[]> {
    return this.access.permitted(Permission.MANAGE_WEBHOOKS, groupId, userId, minSeq, signal, () =>
      webhooksOf(this.history.view, groupId),
    )
  }

  deleteWebhook(groupId: string, webhookId: string, caller: Caller): Promise<CommandResult> {
    return this.#asMember(groupId, caller, (role) => ({ type: 'DeleteWebhook', role, webhookId }))
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
        if (done && done.actor_id !== caller.userId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => loadGroup(this.history.view, groupId),
      decide: (group) => groupDecider.decide(command(), group),
    })
  }
}

export const tokenHash = (token: string): Uint8Array => createHash('sha256').update(token).digest()

/** SHA-256 of both ids in order, as a UUID of version 8 (RFC 9562). */
export function directChatId(one: string, other: string): string {
  const bytes = createHash('sha256')
    .update(`direct ${one < other ? `${one} ${other}` : `${other} ${one}`}`)
    .digest()
    .subarray(0, 16)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return formatUuid(bytes)
}

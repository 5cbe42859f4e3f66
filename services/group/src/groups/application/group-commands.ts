import { type CommandResult, type EventBody } from '@beseda/event-log'
import { blocksUpToDate, type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type GroupCreated, GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import { requireAddable } from '@beseda/rules'
import { equals } from '@bufbuild/protobuf'
import type { Files } from '../../files/application/files.js'
import { type GroupUpdate, groupDecider, requireShared } from '../domain/group.js'
import type { GroupLane } from './group-lane.js'
import type { AddingRules, GroupReader, GroupStore, KeyedHashes, People } from './ports.js'

/** What a new group begins with. */
export interface Founding {
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  /** The others; the founder may be among them. */
  readonly memberIds: readonly string[]
}

/** Creates, changes and ends groups. */
export class GroupCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly lane: GroupLane,
    private readonly store: GroupStore,
    private readonly groups: GroupReader,
    private readonly people: Pick<People, 'unknown'>,
    private readonly adding: AddingRules,
    private readonly files: Pick<Files, 'require'>,
    private readonly keys: KeyedHashes,
  ) {}

  /**
   * The id is derived from the installation's secret, so that nobody can take the id of somebody else's group (ADR 51). A retry
   * gets the same group, and only with the same content. Two people have one direct chat, whoever opens it.
   * Errors: USER_NOT_FOUND, BLOCKED, NOT_ADDABLE, GROUP_FULL, GROUP_DELETED, COMMAND_ID_REUSED.
   */
  async create(founding: Founding, caller: Caller): Promise<CommandResult & { groupId: string; created: boolean }> {
    const command = { type: 'Create', ...founding, founderId: caller.userId } as const
    const [event] = groupDecider.decide(command, undefined)
    const direct = founding.kind === GroupKind.DIRECT
    const { groupId, isThere } = direct ? this.#directChat(caller.userId, founding) : this.#groupOf(caller)
    if (!isThere) await this.#requirePeople(founding, caller)
    const result = await this.lane.found(groupId, caller, command)
    const created = result.events.length > 0
    if (!direct && !created) this.#requireSameFounding(groupId, event)
    return { ...result, groupId, created }
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, ARCHIVED, BAD_FILE, FILE_NOT_FOUND, DIRECT_CHAT, GROUP_DELETED. */
  async update(groupId: string, update: GroupUpdate, caller: Caller): Promise<CommandResult> {
    if (update.avatarFileId) await this.files.require(update.avatarFileId, caller.userId, FilePurpose.AVATAR)
    return this.lane.runAsMember(groupId, caller, (by) => ({ type: 'Update', ...by, update }))
  }

  /** By the owner. Errors: NOT_A_MEMBER, NOT_PERMITTED, DIRECT_CHAT. */
  delete(groupId: string, caller: Caller): Promise<CommandResult> {
    return this.lane.runAsMember(groupId, caller, (by) => ({ type: 'Delete', ...by }))
  }

  /** When nobody is left in the group, or by an administrator of the installation. */
  close(groupId: string, caller: Caller): Promise<CommandResult> {
    return this.lane.run(groupId, caller, () => ({ type: 'Close' }))
  }

  /** By an administrator of the installation. Errors: GROUP_NOT_FOUND, DIRECT_CHAT. */
  setArchived(groupId: string, archived: boolean, caller: Caller): Promise<CommandResult> {
    return this.lane.run(groupId, caller, () => ({ type: 'SetArchived', archived }))
  }

  /** A repeated command passes: the group may have ended by it. Errors: GROUP_NOT_FOUND, DIRECT_CHAT. */
  requireShared(groupId: string, { commandId, userId, signal }: Caller): Promise<void> {
    return this.history.confirmRefusals(groupId, signal, () => {
      const done = this.store.result(commandId)
      if (done?.groupId !== groupId || done.actorId !== userId) requireShared(this.store.load(groupId).state)
    })
  }

  #groupOf({ userId, commandId }: Caller) {
    const groupId = this.keys.id('group', userId, commandId)
    return { groupId, isThere: this.groups.group(groupId) !== undefined }
  }

  /** The chat that the two have, else the id that theirs will get. Chats made by earlier releases have ids of another form. */
  #directChat(founderId: string, { memberIds }: Founding) {
    const other = otherOf(founderId, memberIds)
    const [first, second] = founderId < other ? [founderId, other] : [other, founderId]
    const existing = this.store.directChatOf(founderId, other)
    return { groupId: existing ?? this.keys.id('direct chat', first, second), isThere: existing !== undefined }
  }

  /**
   * Nobody is put into a group by a person with whom there is a block, or whom their privacy settings do not let. A direct chat is no group
   * that one is put into: who does not want it blocks the other (ADR 107). Errors: USER_NOT_FOUND, BLOCKED, NOT_ADDABLE.
   */
  async #requirePeople({ kind, memberIds }: Founding, { userId, signal }: Caller): Promise<void> {
    const [unknown] = await this.people.unknown(memberIds, signal)
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
    await blocksUpToDate(this.history.deps, signal)
    const blocked = memberIds.find((other) => other !== userId && this.groups.isBlocked(userId, other))
    if (blocked !== undefined) throw new Refusal(ErrorReason.BLOCKED, { user_id: blocked })
    if (kind !== GroupKind.DIRECT) requireAddable(await this.adding.unaddable(userId, memberIds, signal))
  }

  /** Errors: GROUP_DELETED; COMMAND_ID_REUSED when the group was created by a request with other content. */
  #requireSameFounding(groupId: string, event: EventBody | undefined): void {
    if (this.groups.group(groupId)?.deleted) throw new Refusal(ErrorReason.GROUP_DELETED)
    const first = this.store.founding(groupId)
    const isSame = first !== undefined && event?.case === 'groupCreated' && isSameFounding(first, event.value)
    if (!isSame) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
  }
}

/** The person with whom the founder opens a direct chat. */
const otherOf = (founderId: string, memberIds: readonly string[]): string =>
  memberIds.find((userId) => userId !== founderId) ?? ''

const isSameFounding = (one: GroupCreated, other: GroupCreated): boolean =>
  equals(GroupCreatedSchema, inOneOrder(one), inOneOrder(other))

const inOneOrder = (founding: GroupCreated): GroupCreated => ({
  ...founding,
  memberIds: founding.memberIds.toSorted((a, b) => (a < b ? -1 : 1)),
})

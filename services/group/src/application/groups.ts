import { createHash } from 'node:crypto'
import { type CommandDeps, type CommandResult, handleCommand, refusedOnlyWhenFresh } from '@beseda/event-log'
import { formatUuid, partitionOf, Refusal } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { type Group, type GroupCommand, groupDecider } from '../domain/group.js'
import { commandById, type GroupRow, groupById, membersOf, roleOf } from '../projections/queries.js'

export interface Caller {
  readonly commandId: string
  readonly userId: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

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
}

/** Founding, changing and ending groups. */
export class Groups {
  constructor(
    private readonly deps: CommandDeps,
    private readonly people: People,
    private readonly partitionCount: number,
  ) {}

  /** A group's id is its founding command's; a direct chat's is the pair's, so that both people find the same one. */
  async create(founding: Founding, caller: Caller): Promise<CommandResult & { group: GroupRow; created: boolean }> {
    const { userId: founderId, commandId } = caller
    const [other] = founding.memberIds
    const direct = founding.kind === GroupKind.DIRECT && other !== undefined
    const groupId = direct ? directChatId(founderId, other) : commandId
    const command: GroupCommand = { type: 'Create', ...founding, founderId }
    groupDecider.decide(command, undefined)
    const unknown = await this.people.unknown(founding.memberIds, caller.signal)
    if (unknown.length > 0) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown[0] ?? '' })
    const result = await this.#run(groupId, caller, () => command)
    const group = this.#group(groupId)
    if (!direct && group.founder_id !== founderId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return { ...result, group, created: result.events.length > 0 }
  }

  async update(
    groupId: string,
    change: { readonly name: string | undefined; readonly topic: string | undefined },
    caller: Caller,
  ): Promise<CommandResult & { group: GroupRow }> {
    const result = await this.#asMember(groupId, caller, (role) => ({ type: 'Update', role, ...change }))
    return { ...result, group: this.#group(groupId) }
  }

  delete(groupId: string, caller: Caller): Promise<CommandResult> {
    return this.#asMember(groupId, caller, (role) => ({ type: 'Delete', role }))
  }

  /** The group as one of its members sees it. Errors: NOT_A_MEMBER. */
  async get(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<GroupRow> {
    await this.deps.projection.waitFor(this.#stream(groupId), minSeq, signal)
    return refusedOnlyWhenFresh(this.#place(groupId, signal), [ErrorReason.NOT_A_MEMBER], () => {
      if (roleOf(this.#view, groupId, userId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return this.#group(groupId)
    })
  }

  members(groupId: string) {
    return membersOf(this.#view, groupId)
  }

  get #view() {
    return this.deps.projection.view
  }

  #stream(groupId: string): string {
    return historyStream(partitionOf(groupId, this.partitionCount))
  }

  #group(groupId: string): GroupRow {
    const group = groupById(this.#view, groupId)
    if (!group) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
    return group
  }

  #place(groupId: string, signal: AbortSignal) {
    const partition = partitionOf(groupId, this.partitionCount)
    return { ...this.deps, stream: historyStream(partition), filter: groupFilter(partition, groupId), signal }
  }

  #asMember(groupId: string, caller: Caller, command: (role: ReturnType<typeof roleOf>) => GroupCommand) {
    const reasons = [ErrorReason.NOT_A_MEMBER, ErrorReason.NOT_PERMITTED]
    return refusedOnlyWhenFresh(this.#place(groupId, caller.signal), reasons, () =>
      this.#run(groupId, caller, () => command(roleOf(this.#view, groupId, caller.userId))),
    )
  }

  #run(groupId: string, caller: Caller, command: () => GroupCommand): Promise<CommandResult> {
    const partition = partitionOf(groupId, this.partitionCount)
    return handleCommand<Group>(this.deps, {
      ...caller,
      key: groupId,
      actorId: caller.userId,
      stream: historyStream(partition),
      subject: historySubject(partition, groupId, 'group'),
      findResult: () => {
        const done = commandById(this.#view, caller.commandId)
        if (done && done.actor_id !== caller.userId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => {
        const row = groupById(this.#view, groupId)
        return { state: row && { ...row, deleted: row.deleted === 1 }, lastSeq: row?.group_seq ?? 0 }
      },
      decide: (group) => groupDecider.decide(command(), group),
    })
  }
}

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

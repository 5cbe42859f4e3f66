import type { CommandDeps } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { groupById, groupPositionsOf, groupsOf, membersOf, roleOf } from '../projections/queries.js'
import { upToDate } from './invites.js'
import type { Rosters } from './rosters.js'

/** What is asked of rosters. */
export class Questions {
  readonly #identity: Client<typeof IdentityService>

  constructor(
    private readonly deps: CommandDeps,
    private readonly rosters: Rosters,
    rpc: Transport,
    private readonly streams: readonly string[],
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  async groupsOf(userId: string, minSeqGroupId: string, minSeq: number, signal: AbortSignal) {
    if (minSeqGroupId !== '') await this.rosters.waitFor(minSeqGroupId, minSeq, signal)
    return groupsOf(this.#view, userId)
  }

  members(groupId: string, userId: string, minSeq: number, signal: AbortSignal) {
    return this.rosters.asMember(groupId, userId, minSeq, signal, () => membersOf(this.#view, groupId))
  }

  /** The groups of a person as of now, for a gateway that is about to deliver to them. */
  async positionsOf(userId: string, signal: AbortSignal) {
    await upToDate(this.deps, this.streams, signal)
    return groupPositionsOf(this.#view, userId)
  }

  /** As of now: the answer decides who may be called. */
  async membership(groupId: string, userId: string, signal: AbortSignal) {
    await this.rosters.catchUp(groupId, signal)
    const group = groupById(this.#view, groupId)
    return { group, role: roleOf(this.#view, groupId, userId), members: membersOf(this.#view, groupId) }
  }

  /** Errors: USER_NOT_FOUND for an id that is nobody's. */
  async requirePeople(userIds: readonly string[], signal: AbortSignal): Promise<void> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    const known = new Set(users.map(({ id }) => id))
    const unknown = userIds.find((userId) => !known.has(userId))
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
  }

  get #view() {
    return this.deps.projection.view
  }
}

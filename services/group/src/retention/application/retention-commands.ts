import { handleCommand } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { RETENTION_STREAM, RETENTION_SUBJECT } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import type { GroupReader, People } from '../../groups/application/ports.js'
import type { Administrators } from '../../moderation/application/ports.js'
import {
  type Held,
  type HeldIds,
  heldOf,
  type Retention,
  type RetentionCommand,
  type RetentionRule,
  retentionDecider,
} from '../domain/retention.js'
import { holdsUpToDate } from './holds-up-to-date.js'
import type { HoldRecord, RetentionStore } from './ports.js'

/** A hold as administrators see it. */
export interface HoldPicture extends HoldRecord {
  /** Empty for a person, a direct chat, and a group that was deleted. */
  readonly groupName: string
}

/** How long messages are kept, and legal holds: for administrators of the installation. Errors of all: NOT_PERMITTED. */
export class RetentionCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: RetentionStore,
    private readonly groups: Pick<GroupReader, 'group'>,
    private readonly people: Pick<People, 'unknown'>,
    private readonly administrators: Administrators,
  ) {}

  async get(userId: string, signal: AbortSignal): Promise<{ rule: RetentionRule; holds: readonly HoldPicture[] }> {
    await this.administrators.require(userId, signal)
    await holdsUpToDate(this.history.deps, signal)
    const holds = this.store.holds().map((hold) => ({ ...hold, groupName: this.groups.group(hold.id)?.name ?? '' }))
    return { rule: this.store.load().state.rule, holds }
  }

  /** Errors: INVALID_REQUEST without a rule. */
  async setRule(rule: RetentionRule | undefined, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId, caller.signal)
    if (!rule) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'days' })
    const detail = [rule[GroupKind.DIRECT], rule[GroupKind.GROUP], rule[GroupKind.CHANNEL]].join('/')
    await this.administrators.record(AdministratorAction.CHANGE_RETENTION, caller, { groupId: '', detail })
    await this.#run({ type: 'SetRule', rule }, caller)
  }

  /**
   * Exactly one of the ids is given. Errors: INVALID_REQUEST, GROUP_NOT_FOUND, USER_NOT_FOUND, TOO_MANY, BAD_TEXT. What is gone can be
   * released all the same.
   */
  async setHold(ids: HeldIds, on: boolean, reason: string, caller: Caller): Promise<void> {
    const { userId, signal } = caller
    await this.administrators.require(userId, signal)
    const held = heldOf(ids)
    if (on) await this.#requireThere(held, signal)
    const about = held.kind === 'group' ? { groupId: held.id } : { groupId: '', aboutUserId: held.id }
    const action = on ? AdministratorAction.PLACE_HOLD : AdministratorAction.RELEASE_HOLD
    await this.administrators.record(action, caller, about)
    await this.#run({ type: 'SetHold', held, on, reason }, caller)
  }

  async #requireThere({ kind, id }: Held, signal: AbortSignal): Promise<void> {
    if (kind === 'person') {
      if ((await this.people.unknown([id], signal)).length > 0) throw new Refusal(ErrorReason.USER_NOT_FOUND)
      return
    }
    await this.history.confirmRefusals(id, signal, () => {
      if (this.groups.group(id) === undefined) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
    })
  }

  async #run(command: RetentionCommand, caller: Caller): Promise<void> {
    // On a view that lags, what is asked for may seem to be so already.
    await holdsUpToDate(this.history.deps, caller.signal)
    await handleCommand<Retention>(this.history.deps, {
      ...caller,
      actorId: caller.userId,
      key: 'retention',
      stream: RETENTION_STREAM,
      subject: RETENTION_SUBJECT,
      load: () => this.store.load(),
      decide: (state) => retentionDecider.decide(command, state),
    })
  }
}

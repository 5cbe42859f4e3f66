import { type CommandDeps, handleCommand } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { IDENTITY_STREAM, REGISTRATION_SUBJECT } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction, RegistrationRule, RegistrationRuleChangedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import { type CommandKeys, resultOf } from '../accounts/command-keys.js'
import type { Administrators } from '../administration/administrators.js'
import type { RegistrationStore } from './ports.js'

/** Who may register: as configured or, without that, as an administrator has set. */
export class RegistrationRules {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: Pick<RegistrationStore, 'rule' | 'command'>,
    private readonly keys: CommandKeys,
    private readonly accounts: Pick<AccountQueries, 'catchUp'>,
    private readonly administrators: Pick<Administrators, 'require' | 'record'>,
    /** REGISTRATION; undefined: not set. */
    private readonly configured: RegistrationRule | undefined,
  ) {}

  get isConfigured(): boolean {
    return this.configured !== undefined
  }

  /** In force, on the view as it is. */
  current(): RegistrationRule {
    return this.configured ?? this.store.rule().state ?? RegistrationRule.INVITE
  }

  /** Of the newest change: what is decided on the rule is appended on condition that there is none after it. */
  get lastSeq(): number {
    return this.store.rule().lastSeq
  }

  /** Errors: NOT_PERMITTED, also when the configuration sets the rule. */
  async set(rule: RegistrationRule, caller: Caller): Promise<void> {
    const { userId: actorId, now, signal } = caller
    await this.administrators.require(actorId)
    if (this.isConfigured) throw new Refusal(ErrorReason.NOT_PERMITTED)
    const commandId = this.keys.key(actorId, `${caller.commandId} registration`, rule)
    const findResult = () => resultOf(commandId, (scope) => this.store.command(scope))
    await this.accounts.catchUp()
    if (findResult() !== undefined || this.current() === rule) return
    const detail = RegistrationRule[rule].toLowerCase()
    await this.administrators.record(AdministratorAction.CHANGE_REGISTRATION, caller, { detail })
    await handleCommand<RegistrationRule | undefined>(this.deps, {
      key: REGISTRATION_SUBJECT,
      stream: IDENTITY_STREAM,
      subject: REGISTRATION_SUBJECT,
      commandId,
      actorId,
      now,
      signal,
      findResult,
      load: () => this.store.rule(),
      decide: (state) =>
        state === rule
          ? []
          : [{ case: 'registrationRuleChanged', value: create(RegistrationRuleChangedSchema, { rule }) }],
    })
  }
}

import { createHash } from 'node:crypto'
import { type CommandDeps, handleCommand } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { accountInviteSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { cleanLine } from '@beseda/rules'
import {
  type InviteCommand,
  type InviteState,
  inviteDecider,
  requireUsable,
} from '../../domain/registration/account-invite.js'
import type { Caller } from '../accounts/caller.js'
import { type CommandKeys, resultOf } from '../accounts/command-keys.js'
import type { Administrators } from '../administration/administrators.js'
import type { AccountInviteRecord, GroupInvites, RegistrationStore } from './ports.js'

/** 128 bits: nobody guesses one. */
const CODE_BYTES = 16
/** More would be a list that nobody reads. */
const MAX_LISTED = 200

export interface AccountInviteTerms {
  /** Seconds; 0: never. */
  readonly expiresInS: number
  /** 0: without limit. */
  readonly maxUses: number
  readonly name: string
}

/** An invite that a code belongs to. `groupLimit`: of a group's invite; 0: without limit. */
export interface FoundInvite {
  readonly inviteId: string
  readonly groupLimit?: number
}

/** Links with which people register: those of administrators, and those of groups. */
export class AccountInvites {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: RegistrationStore,
    private readonly keys: CommandKeys,
    private readonly secret: Pick<InstallationSecret, 'hash' | 'id'>,
    private readonly groups: GroupInvites,
    private readonly administrators: Pick<Administrators, 'require' | 'record'>,
  ) {}

  /** Errors: NOT_PERMITTED, COMMAND_ID_REUSED, BAD_TEXT. */
  async create({ expiresInS, maxUses, name }: AccountInviteTerms, caller: Caller): Promise<AccountInviteRecord> {
    await this.administrators.require(caller.userId)
    const inviteId = this.secret.id('account invite', caller.userId, caller.commandId)
    const line = name === '' ? '' : cleanLine('name', name)
    const expiresAt = expiresInS > 0 ? caller.now.getTime() + expiresInS * 1000 : 0
    await this.administrators.record(AdministratorAction.CREATE_ACCOUNT_INVITE, caller, { detail: line })
    const terms = { codeHash: hashOf(this.#codeOf(inviteId)), name: line, maxUses, expiresAt }
    // A repeat comes later: the time at which it ends is not part of what must be the same.
    await this.#run(inviteId, { type: 'Create', terms }, caller, [expiresInS, maxUses, line])
    return this.#record(inviteId)
  }

  /** Errors: NOT_PERMITTED, INVITE_NOT_FOUND. */
  async revoke(inviteId: string, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId)
    const detail = this.store.inviteRecord(inviteId)?.name ?? ''
    await this.administrators.record(AdministratorAction.REVOKE_ACCOUNT_INVITE, caller, { detail })
    await this.#run(inviteId, { type: 'Revoke' }, caller, ['revoke', inviteId])
  }

  /** Those that can be used, newest first. `now`: Unix ms. */
  usable(now: number): readonly AccountInviteRecord[] {
    return this.store.usableInvites(now, MAX_LISTED)
  }

  /** Computed again from the id. Undefined: the installation's secret is another one than when it was made. */
  codeOf({ id, codeHash }: AccountInviteRecord): string | undefined {
    const code = this.#codeOf(id)
    return hashOf(code).equals(codeHash) ? code : undefined
  }

  /**
   * The invite of a code. Errors: INVITE_NOT_FOUND; INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP, unless `userId` is among those who used
   * it.
   */
  async find(code: string, userId: string, now: number): Promise<FoundInvite> {
    const invite = this.store.inviteByCode(hashOf(code))
    if (!invite) return this.#ofGroup(code)
    const { state } = this.store.invite(invite.id)
    if (!state.people.has(userId)) requireUsable(state, now)
    return { inviteId: invite.id }
  }

  /**
   * The account that is about to be made is one of its uses, however often it is asked for. Of two accounts at once only one gets the last
   * use. Errors: as of `find`.
   */
  async use({ inviteId, groupLimit }: FoundInvite, userId: string, caller: Caller): Promise<void> {
    // The uses of a group's invite without a limit are counted by nobody.
    if (groupLimit === 0) return
    const command = { type: 'Use', userId, now: caller.now.getTime(), groupLimit } as const
    await this.#run(inviteId, command, { ...caller, commandId: `${caller.commandId} ${inviteId}` }, ['use', inviteId])
  }

  async #ofGroup(code: string): Promise<FoundInvite> {
    const { inviteId, maxUses } = await this.groups.find(code)
    return { inviteId, groupLimit: maxUses }
  }

  async #run(inviteId: string, command: InviteCommand, caller: Caller, content: unknown): Promise<void> {
    const { userId: actorId, now, signal } = caller
    const commandId = this.keys.key(actorId, caller.commandId, content)
    await handleCommand<InviteState>(this.deps, {
      key: `invite ${inviteId}`,
      stream: IDENTITY_STREAM,
      subject: accountInviteSubject(inviteId),
      commandId,
      actorId,
      now,
      signal,
      findResult: () => resultOf(commandId, (scope) => this.store.command(scope)),
      load: () => this.store.invite(inviteId),
      decide: (state) => inviteDecider.decide(command, state),
    })
  }

  #record(inviteId: string): AccountInviteRecord {
    const record = this.store.inviteRecord(inviteId)
    if (!record) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    return record
  }

  #codeOf(inviteId: string): string {
    return this.secret.hash('account invite', inviteId).subarray(0, CODE_BYTES).toString('base64url')
  }
}

const hashOf = (code: string): Buffer => createHash('sha256').update(code).digest()

import { timingSafeEqual } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { REGISTRATION_SUBJECT } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission, RegistrationRule } from '@beseda/proto/identity/v1/events'
import { admissionWithoutInvite, requireStillAdmitted, type Way } from '../../domain/registration/admission.js'
import type { Condition } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { AccountReader } from '../accounts/ports.js'
import type { Administrators } from '../administration/administrators.js'
import type { AccountInvites, FoundInvite } from './account-invites.js'
import type { RegistrationRules } from './registration-rules.js'

/** What lets somebody register. */
export interface Admitted {
  readonly admission: Admission
  readonly invite?: FoundInvite
}

/** Who may register: asked before an account is made, and again at its place in the log. */
export class Admissions {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'confirmRefusals'>,
    private readonly reader: Pick<AccountReader, 'firstPerson'>,
    private readonly administrators: Pick<Administrators, 'founder'>,
    private readonly rules: RegistrationRules,
    private readonly invites: AccountInvites,
    private readonly founderCode: string,
    /** Where people find the installation, if that is known. */
    private readonly publicUrl: string | undefined,
  ) {}

  get rule(): RegistrationRule {
    return this.rules.current()
  }

  /** Nobody has registered with the founder's code, nor in an earlier release, which asked for none. */
  get founderWanted(): boolean {
    return this.administrators.founder() === undefined && this.reader.firstPerson() === undefined
  }

  /** Where the first account is made; undefined: it is not wanted. */
  founderAddress(): string | undefined {
    if (!this.founderWanted) return undefined
    return `${this.publicUrl?.replace(/\/$/, '') ?? ''}/register#founder=${this.founderCode}`
  }

  /**
   * What lets a person register who is to have the account `userId`. Errors: FOUNDER_CODE_REQUIRED, REGISTRATION_CLOSED, INVITE_REQUIRED;
   * INVITE_NOT_FOUND, INVITE_EXPIRED, INVITE_USED_UP, INVITE_REVOKED for the code.
   */
  find(code: string, way: Way, { userId, now }: Caller): Promise<Admitted> {
    return this.accounts.confirmRefusals(async () => {
      if (this.founderWanted && isSame(code, this.founderCode)) return { admission: Admission.FOUNDER }
      const { rule } = this
      if (this.founderWanted && rule !== RegistrationRule.OPEN) throw new Refusal(ErrorReason.FOUNDER_CODE_REQUIRED)
      const admission = admissionWithoutInvite(rule, way)
      if (admission !== undefined) return { admission }
      if (code === '') throw new Refusal(ErrorReason.INVITE_REQUIRED)
      return { admission: Admission.INVITE, invite: await this.invites.find(code, userId, now.getTime()) }
    })
  }

  /** One use of the invite is for this account. Errors: those of the invite. */
  async take({ invite }: Admitted, caller: Caller): Promise<void> {
    if (invite) await this.invites.use(invite, caller.userId, caller)
  }

  /** What must hold at the place of the account in the log. */
  conditionOf({ admission }: Admitted): Condition {
    return {
      require: () => {
        if (admission === Admission.FOUNDER && !this.founderWanted) throw new Refusal(ErrorReason.REGISTRATION_CLOSED)
        requireStillAdmitted(admission, this.rule)
      },
      expects: () => ({ subject: REGISTRATION_SUBJECT, lastSeq: this.rules.lastSeq }),
      // Of two who have the founder's code at once one is the founder.
      guard: () => (admission === Admission.FOUNDER ? 'founder' : undefined),
    }
  }
}

/** In a time that does not tell how much of it is right. */
function isSame(code: string, expected: string): boolean {
  const [one, other] = [Buffer.from(code), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import { type Letter, LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { cleanEmail } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate, timestampMs } from '@bufbuild/protobuf/wkt'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { Administrators } from '../administration/administrators.js'
import type { AccountInvites } from '../registration/account-invites.js'
import type { GroupInvites } from '../registration/ports.js'
import type { RegistrationRules } from '../registration/registration-rules.js'
import type { FailureStore } from '../sign-in/ports.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { LetterCodes } from './letter-codes.js'
import type { LetterQueue, LetterSlots } from './ports.js'

const DAY_MS = 24 * 3_600_000
/** Letters of one person a day. More: an account that was taken over sends more of them to strangers; fewer: a team is not invited in a day. */
const MOST_A_DAY = 20
/** Attempts to count when replicas do so at the same moment. */
const MAX_RACES = 10
const RACE_WAIT_MS = 1_000

/** What stands sealed in the queue: to whom, and with which invite. */
export interface Invited {
  readonly address: string
  readonly code: string
}

/** What the mail service needs to write an invitation. */
export interface PreparedInvitation extends Invited {
  readonly inviter: string
  readonly locale: string
  /** Empty: to the installation. */
  readonly groupName: string
}

/**
 * Invitations to people who have no account, by mail: by an administrator with an account invite, or by whoever has made an invite of a group
 * with which people register. Nobody is looked up, so that nothing tells whether an account has the address.
 */
export class Invitations {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'latest' | 'confirmRefusals'>,
    private readonly administrators: Pick<Administrators, 'require'>,
    private readonly rules: Pick<RegistrationRules, 'current'>,
    private readonly invites: Pick<AccountInvites, 'find'>,
    private readonly groups: GroupInvites,
    private readonly codes: LetterCodes,
    private readonly sealed: Sealed<Invited>,
    private readonly slots: LetterSlots,
    private readonly counts: Pick<FailureStore, 'get' | 'put'>,
    private readonly queue: LetterQueue,
    /** False: the installation sends no mail. */
    private readonly available: boolean,
  ) {}

  /** A repeat of the command queues the same letter. Errors: NO_MAIL, BAD_EMAIL, RATE_LIMITED, those of the invite. */
  async send(code: string, text: string, { userId, commandId, now }: Caller): Promise<void> {
    if (!this.available) throw new Refusal(ErrorReason.NO_MAIL)
    const address = cleanEmail(text)
    await this.#groupOf(code, userId, now)
    await this.#count(userId, now.getTime())
    const id = this.codes.id('invitation', userId, commandId)
    const [kind, sealed] = [LetterKind.INVITATION, this.sealed.seal({ address, code }, now.getTime())]
    await this.queue.add(create(LetterSchema, { id, kind, userId, sealed, writtenAt: timestampFromDate(now) }))
  }

  /** Undefined: there is nothing to send any more. Can be repeated: a letter is the same each time. */
  async prepare(letter: Letter, now: Date): Promise<PreparedInvitation | undefined> {
    const invited = this.sealed.open(letter.sealed, now.getTime())
    const account = invited && (await this.accounts.latest(letter.userId))
    if (!account || account.disabled) return undefined
    try {
      const groupName = await this.#groupOf(invited.code, account.userId, now)
      // Whoever invites: an address gets one such letter a day, always the same one.
      const day = Math.floor((letter.writtenAt ? timestampMs(letter.writtenAt) : 0) / DAY_MS)
      if (!(await this.slots.take(`${this.codes.keyOf(invited.address)}.${day}`, letter.id))) return undefined
      return { ...invited, inviter: account.displayName, locale: account.locale, groupName }
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  /**
   * The name of the group that an invite leads to; empty: it is an account invite. Errors: REGISTRATION_CLOSED, NOT_PERMITTED,
   * INVITE_NOT_FOUND, INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP.
   */
  #groupOf(code: string, userId: string, now: Date): Promise<string> {
    return this.accounts.confirmRefusals(async () => {
      const rule = this.rules.current()
      const admits = rule === RegistrationRule.OPEN || rule === RegistrationRule.INVITE
      if (!admits) throw new Refusal(ErrorReason.REGISTRATION_CLOSED)
      const { groupLimit } = await this.invites.find(code, userId, now.getTime())
      if (groupLimit === undefined) {
        await this.administrators.require(userId)
        return ''
      }
      const { groupName, createdBy } = await this.groups.find(code)
      if (createdBy !== userId) throw new Refusal(ErrorReason.NOT_PERMITTED)
      return groupName
    })
  }

  /** Errors: RATE_LIMITED. `now`: Unix ms. */
  async #count(userId: string, now: number): Promise<void> {
    const [counter, day] = [`invitations.${userId}`, Math.floor(now / DAY_MS)]
    for (let race = 0; race < MAX_RACES; race++) {
      const { failures, revision } = (await this.counts.get(counter)) ?? { failures: { count: 0, at: 0 }, revision: 0 }
      const count = Math.floor(failures.at / DAY_MS) === day ? failures.count : 0
      if (count >= MOST_A_DAY) throw new Refusal(ErrorReason.RATE_LIMITED, {}, (day + 1) * DAY_MS - now)
      if (await this.counts.put(counter, { count: count + 1, at: now }, revision)) return
    }
    throw new Refusal(ErrorReason.RATE_LIMITED, {}, RACE_WAIT_MS)
  }
}

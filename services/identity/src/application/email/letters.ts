import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Letter, LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { cleanEmail } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate, timestampMs } from '@bufbuild/protobuf/wkt'
import { sameBytes } from '../../domain/accounts/account.js'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AccountRecord } from '../accounts/ports.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { Emails } from './emails.js'
import type { LetterCodes } from './letter-codes.js'
import type { Asked, LetterQueue } from './ports.js'

/**
 * At most one letter goes to an address in this time, whoever asks. Its link works for longer, so that nobody who asks for an address can
 * keep its owner from a link that works. Longer: whoever has deleted the letter waits; shorter: more letters in a stranger's mailbox.
 */
const SLOT_MS = 5 * 60_000

/** Letters of the notify service. */
const OF_NOTIFY: ReadonlySet<LetterKind> = new Set([
  ...[LetterKind.MISSED, LetterKind.DIGEST, LetterKind.CALL_REMINDER, LetterKind.CALL_INVITATION],
])

/** What the mail service needs to write a letter. */
export interface Prepared {
  readonly address: string
  readonly account: AccountRecord
  /** Empty: the letter has no link of its own. */
  readonly code: string
  /** Of a new device. */
  readonly deviceName?: string
}

/** What stands in a letter about a device. */
export interface Announced {
  readonly deviceName: string
}

/** What is written to people: asked for here, and prepared when the mail service is about to send it. */
export class Letters {
  constructor(
    private readonly emails: Pick<Emails, 'available' | 'holder'>,
    private readonly accounts: Pick<AccountQueries, 'latest' | 'findMany'>,
    private readonly commands: Pick<AccountCommands, 'run'>,
    private readonly codes: LetterCodes,
    private readonly sealed: Sealed<Asked>,
    private readonly devices: Sealed<Announced>,
    private readonly left: Sealed<Asked>,
    private readonly queue: LetterQueue,
  ) {}

  get available(): boolean {
    return this.emails.available
  }

  /** Somebody has signed in as the person on a new device. */
  async announce(userId: string, deviceName: string, sessionId: string, now: Date): Promise<void> {
    const id = this.codes.id('device', userId, sessionId)
    const [kind, sealed] = [LetterKind.NEW_DEVICE, this.devices.seal({ deviceName }, now.getTime())]
    await this.queue.add(create(LetterSchema, { id, kind, userId, sealed, writtenAt: timestampFromDate(now) }))
  }

  /**
   * Somebody has forgotten a password. It is not looked up here whether an account has the address, so that neither the answer nor its time
   * tells. Errors: NO_MAIL, BAD_EMAIL.
   */
  async requestReset(text: string, now: Date): Promise<void> {
    if (!this.emails.available) throw new Refusal(ErrorReason.NO_MAIL)
    const address = cleanEmail(text)
    const slot = Math.floor(now.getTime() / SLOT_MS)
    const id = this.codes.id('reset', this.codes.keyOf(address), String(slot))
    const [kind, sealed] = [LetterKind.RESET_PASSWORD, this.sealed.seal({ address }, now.getTime())]
    await this.queue.add(create(LetterSchema, { id, kind, sealed, writtenAt: timestampFromDate(now) }))
  }

  /** Of these people those who can be written to about what they have missed. */
  async reachable(userIds: readonly string[]): Promise<readonly AccountRecord[]> {
    return this.emails.available ? (await this.accounts.findMany(userIds)).filter(canBeWrittenTo) : []
  }

  /** Undefined: there is nothing to send any more. Can be repeated: a letter is the same each time. */
  async prepare(letter: Letter, now: Date): Promise<Prepared | undefined> {
    if (letter.kind === LetterKind.CONFIRM_EMAIL) return this.#confirmation(letter, now)
    if (letter.kind === LetterKind.RESET_PASSWORD) return this.#reset(letter, now)
    if (letter.kind === LetterKind.NEW_DEVICE) return this.#device(letter, now)
    if (letter.kind === LetterKind.ADDRESS_LEFT) return this.#left(letter, now)
    if (letter.kind === LetterKind.SIGN_IN_CHANGED) return this.#whoever(letter)
    // What was put into a calendar is taken out of it, also of somebody who is shut out.
    if (letter.kind === LetterKind.CALL_CANCELLATION) return this.#whoever(letter)
    if (OF_NOTIFY.has(letter.kind)) return this.#missed(letter)
    return undefined
  }

  /** Not to an address that came back meanwhile. */
  async #left({ userId, sealed }: Letter, now: Date): Promise<Prepared | undefined> {
    const [account, left] = [await this.accounts.latest(userId), this.left.open(sealed, now.getTime())]
    if (!account || !left || this.codes.keyOf(account.email) === this.codes.keyOf(left.address)) return undefined
    return { address: left.address, account, code: '' }
  }

  async #device({ userId, sealed }: Letter, now: Date): Promise<Prepared | undefined> {
    const [account, said] = [await this.accounts.latest(userId), this.devices.open(sealed, now.getTime())]
    if (!account || !said || account.disabled || account.email === '') return undefined
    return { address: account.email, account, code: '', deviceName: said.deviceName }
  }

  async #whoever({ userId }: Letter): Promise<Prepared | undefined> {
    const account = await this.accounts.latest(userId)
    return account && account.email !== '' ? { address: account.email, account, code: '' } : undefined
  }

  /** What the person has missed, or is reminded of, is asked of the notify service. */
  async #missed({ userId }: Letter): Promise<Prepared | undefined> {
    const account = await this.accounts.latest(userId)
    return account && canBeWrittenTo(account) ? { address: account.email, account, code: '' } : undefined
  }

  async #confirmation({ id, userId }: Letter, now: Date): Promise<Prepared | undefined> {
    const account = await this.accounts.latest(userId)
    const { unconfirmed } = account ?? {}
    if (!account || account.disabled || !unconfirmed || unconfirmed.until <= now.getTime()) return undefined
    if (!sameBytes(unconfirmed.codeHash, this.codes.hashOf(id))) return undefined
    return { address: unconfirmed.address, account, code: this.codes.codeOf(id) }
  }

  async #reset({ id, sealed, writtenAt }: Letter, now: Date): Promise<Prepared | undefined> {
    const asked = this.sealed.open(sealed, now.getTime())
    const account = asked && (await this.emails.holder(asked.address))
    if (!account || account.disabled) return undefined
    const { userId } = account
    const codeHash = this.codes.hashOf(id)
    const at = writtenAt ? timestampMs(writtenAt) : 0
    const command = { type: 'MailPasswordReset', userId, codeHash, at } as const
    try {
      await this.commands.run(userId, command, { commandId: id, userId, now })
    } catch (error) {
      if (error instanceof Refusal && error.reason === ErrorReason.NOT_PERMITTED) return undefined
      throw error
    }
    // It was sent before, and used; a newer one has taken its place; or the account has left the address since it was found by it.
    const latest = await this.accounts.latest(userId)
    const isOpen =
      latest?.email === account.email &&
      latest.reset &&
      latest.reset.until > now.getTime() &&
      sameBytes(latest.reset.codeHash, codeHash)
    return isOpen ? { address: account.email, account: latest, code: this.codes.codeOf(id) } : undefined
  }
}

const canBeWrittenTo = ({ email, disabled }: AccountRecord): boolean => email !== '' && !disabled

import type { EventBody } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { LetterKind, LetterSchema, SignInChange } from '@beseda/proto/mail/v1/letter'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { Caller } from '../accounts/caller.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { LetterCodes } from './letter-codes.js'
import type { Asked, LetterQueue } from './ports.js'

/** What of an account's history changes how its person signs in. */
export const CHANGES: Readonly<Partial<Record<NonNullable<EventBody['case']>, SignInChange>>> = {
  passwordChanged: SignInChange.PASSWORD,
  passkeyAdded: SignInChange.PASSKEY_ADDED,
  passkeyRemoved: SignInChange.PASSKEY_REMOVED,
  secondFactorAdded: SignInChange.SECOND_FACTOR_ADDED,
  secondFactorRemoved: SignInChange.SECOND_FACTOR_REMOVED,
  recoveryCodesReplaced: SignInChange.RECOVERY_CODES_REPLACED,
  recoveryCodeUsed: SignInChange.RECOVERY_CODE_USED,
  providerUnlinked: SignInChange.PROVIDER_UNLINKED,
}

/**
 * Writes to a person whenever something changes with which they sign in, or the address to which links are sent, whoever has changed it: a
 * thief's way in does not stay unseen. Never fails: nobody is kept from a new password by a letter.
 */
export class AccountLetters {
  constructor(
    private readonly codes: LetterCodes,
    private readonly queue: LetterQueue,
    private readonly sealed: Pick<Sealed<Asked>, 'seal'>,
    /** False: the installation sends no mail. */
    private readonly available: boolean,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** After the events of a command on the account are durable. */
  async written(userId: string, events: readonly EventBody[], { commandId, now }: Pick<Caller, 'commandId' | 'now'>) {
    for (const event of events) {
      const change = event.case && CHANGES[event.case]
      if (change !== undefined) await this.#write(userId, change, commandId, now)
    }
  }

  /** An identity at a provider signs in to the account from now on. */
  linked(userId: string, now: Date): Promise<void> {
    return this.#write(userId, SignInChange.PROVIDER_LINKED, newId(), now)
  }

  /** To the address that the account no longer has; empty: it had none. */
  async left(userId: string, address: string, { commandId, now }: Pick<Caller, 'commandId' | 'now'>): Promise<void> {
    if (!this.available || address === '') return
    const [id, kind] = [this.codes.id('left', userId, commandId), LetterKind.ADDRESS_LEFT]
    const sealed = this.sealed.seal({ address }, now.getTime())
    const letter = create(LetterSchema, { id, kind, userId, sealed, writtenAt: timestampFromDate(now) })
    await this.queue.add(letter).catch(this.onFailure)
  }

  async #write(userId: string, change: SignInChange, commandId: string, now: Date): Promise<void> {
    if (!this.available) return
    const id = this.codes.id('sign-in changed', userId, commandId, String(change))
    const kind = LetterKind.SIGN_IN_CHANGED
    const letter = create(LetterSchema, { id, kind, userId, change, writtenAt: timestampFromDate(now) })
    await this.queue.add(letter).catch(this.onFailure)
  }
}

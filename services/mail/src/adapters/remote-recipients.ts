import { type CallInvitationRef, type Letter, LetterKind } from '@beseda/proto/mail/v1/letter'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import type { Parties } from '@beseda/rules/schedule'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import { Recipients } from '../application/ports.js'
import { calendarPart } from '../domain/invitation.js'
import type { Recipient } from '../domain/letter-text.js'

const TIMEOUT_MS = 10_000
/** Counting looks at every conversation of a person. */
const COUNT_MS = 20_000

/** Asks identity, and of what somebody has missed the notify service, each time that a letter is sent: nothing of it is kept here. */
export class RemoteRecipients extends Recipients {
  readonly #identity
  readonly #notify

  constructor(
    rpc: Transport,
    /** Of the installation: who invites to calls, and where they are. */
    private readonly here: { readonly from: Parties['organizer']; readonly publicUrl: string },
  ) {
    super()
    this.#identity = createClient(MailService, rpc)
    this.#notify = createClient(MissedMailService, rpc)
  }

  async of(letter: Letter): Promise<Recipient | undefined> {
    const prepared = await this.#identity.prepareLetter({ letter }, { timeoutMs: TIMEOUT_MS })
    if (prepared.address === '') return undefined
    if (letter.kind === LetterKind.CALL_REMINDER) return this.#reminded(letter, prepared)
    if (letter.invitation) return this.#invited(letter, letter.invitation, prepared)
    const digest = letter.kind === LetterKind.DIGEST
    if (!digest && letter.kind !== LetterKind.MISSED) return prepared
    const missed = await this.#notify.countMissed({ userId: letter.userId, digest }, { timeoutMs: COUNT_MS })
    return missed.missed ? { ...prepared, missed } : undefined
  }

  async #reminded({ userId, call }: Letter, prepared: Recipient): Promise<Recipient | undefined> {
    if (!call?.startsAt) return undefined
    const { groupId, scheduleId, startsAt } = call
    const request = { userId, groupId, scheduleId, startsAt }
    const described = await this.#notify.describeReminder(request, { timeoutMs: TIMEOUT_MS })
    if (!described.ahead) return undefined
    const { title, unsubscribeCode } = described
    const code = `${groupId}/call/${scheduleId}`
    return { ...prepared, code, reminder: { title, startsAt: timestampMs(startsAt), unsubscribeCode } }
  }

  async #invited(letter: Letter, invitation: CallInvitationRef, prepared: Recipient): Promise<Recipient | undefined> {
    const cancelled = letter.kind === LetterKind.CALL_CANCELLATION
    const request = { userId: letter.userId, groupId: invitation.groupId, invitation, cancelled }
    const described = await this.#notify.describeInvitation(request, { timeoutMs: TIMEOUT_MS })
    if (!described.stands) return undefined
    const { from: organizer, publicUrl } = this.here
    const call = `${invitation.groupId}/call/${invitation.scheduleId}`
    const parties = { organizer, attendee: { name: prepared.displayName, address: prepared.address } }
    const [startsAt = 0, writtenAt = 0] = [invitation.startsAt, letter.writtenAt].map((at) =>
      at ? timestampMs(at) : 0,
    )
    const calendar = calendarPart(invitation, described, parties, `${publicUrl}/g/${call}`, writtenAt)
    const { unsubscribeCode } = described
    return {
      ...prepared,
      code: cancelled ? '' : call,
      invitation: { title: described.terms?.title ?? '', startsAt, calendar, unsubscribeCode },
    }
  }
}

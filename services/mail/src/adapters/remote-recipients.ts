import { type Letter, LetterKind } from '@beseda/proto/mail/v1/letter'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import { Recipients } from '../application/ports.js'
import type { Recipient } from '../domain/letter-text.js'

const TIMEOUT_MS = 10_000
/** Counting looks at every conversation of a person. */
const COUNT_MS = 20_000

/** Asks identity, and of what somebody has missed the notify service, each time that a letter is sent: nothing of it is kept here. */
export class RemoteRecipients extends Recipients {
  readonly #identity
  readonly #notify

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(MailService, rpc)
    this.#notify = createClient(MissedMailService, rpc)
  }

  async of(letter: Letter): Promise<Recipient | undefined> {
    const prepared = await this.#identity.prepareLetter({ letter }, { timeoutMs: TIMEOUT_MS })
    if (prepared.address === '') return undefined
    if (letter.kind === LetterKind.CALL_REMINDER) return this.#reminded(letter, prepared)
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
}

import { storing } from '@beseda/event-log'
import { MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import { type Letter, LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { toBinary } from '@bufbuild/protobuf'
import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** About accounts and sign-ins: somebody waits for them, or is in danger. */
const OF_ACCOUNTS: ReadonlySet<LetterKind> = new Set([
  LetterKind.CONFIRM_EMAIL,
  LetterKind.RESET_PASSWORD,
  LetterKind.NEW_DEVICE,
  LetterKind.ADDRESS_LEFT,
  LetterKind.SIGN_IN_CHANGED,
])

/** Where a letter waits: one about a missed message, or an invitation, holds up no link for a new password, however many there are. */
export const queueOf = (kind: LetterKind): MailQueueName => (OF_ACCOUNTS.has(kind) ? 'account' : 'other')

/** The streams that the mail service works off. They know the ids of letters for ten minutes, and drop what comes twice. */
export class MailQueue {
  readonly #jetStream: JetStreamClient

  constructor(nats: NatsConnection) {
    this.#jetStream = jetstream(nats)
  }

  async add(letter: Letter): Promise<void> {
    const bytes = toBinary(LetterSchema, letter)
    await storing(() => this.#jetStream.publish(MAIL_QUEUES[queueOf(letter.kind)].subject, bytes, { msgID: letter.id }))
  }
}

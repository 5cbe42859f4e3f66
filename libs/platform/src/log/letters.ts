import { storing } from '@beseda/event-log'
import { LETTER_SUBJECT } from '@beseda/proto'
import { type Letter, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { toBinary } from '@bufbuild/protobuf'
import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** The stream that the mail service works off. It knows the ids of letters for ten minutes, and drops what comes twice. */
export class MailQueue {
  readonly #jetStream: JetStreamClient

  constructor(nats: NatsConnection) {
    this.#jetStream = jetstream(nats)
  }

  async add(letter: Letter): Promise<void> {
    const bytes = toBinary(LetterSchema, letter)
    await storing(() => this.#jetStream.publish(LETTER_SUBJECT, bytes, { msgID: letter.id }))
  }
}

import { MAIL_CONSUMER, MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import { LetterSchema } from '@beseda/proto/mail/v1/letter'
import { fromBinary } from '@bufbuild/protobuf'
import { type Consumer, type JetStreamClient, type JsMsg, jetstream } from '@nats-io/jetstream'
import { ClosedConnectionError, DrainingConnectionError, type NatsConnection } from '@nats-io/nats-core'
import { Queue, type Taken } from '../application/ports.js'

/** How long one request waits for a letter. Longer: a process that ends waits for it; shorter: more requests. */
const WAIT_MS = 1_000

/** A queue of letters, by the consumer that all replicas share: each letter is handed to one of them. */
export class LetterQueue extends Queue {
  readonly #jetStream: JetStreamClient
  #consumer: Consumer | undefined

  constructor(
    nats: NatsConnection,
    private readonly name: MailQueueName,
  ) {
    super()
    this.#jetStream = jetstream(nats)
  }

  async next(): Promise<Taken | undefined> {
    // Not when the process starts: the queue may not be set up yet.
    this.#consumer ??= await this.#jetStream.consumers.get(MAIL_QUEUES[this.name].stream, MAIL_CONSUMER)
    const message = await this.#consumer.next({ expires: WAIT_MS })
    return message ? takenOf(message) : undefined
  }
}

const takenOf = (message: JsMsg): Taken => ({
  letter: fromBinary(LetterSchema, message.data),
  failures: message.info.deliveryCount - 1,
  // A process that ends after the letter was sent, and before this is durable, is why a letter can be sent twice.
  done: async () => void (await message.ackAck()),
  keep: () => unlessClosed(() => message.working()),
  later: (waitMs) => unlessClosed(() => message.nak(waitMs)),
})

/** Nothing can be sent on a closed connection: the queue hands the letter to another process by itself. */
function unlessClosed(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    if (!(error instanceof ClosedConnectionError || error instanceof DrainingConnectionError)) throw error
  }
}

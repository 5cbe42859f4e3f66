import { MAIL_CONSUMER, MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'

const NAME_IN_USE = 10058
const SECOND_NS = 1_000_000_000
/**
 * Letters that wait. More: a flood takes disk; fewer: it takes less time to fill the queue with requests for new passwords. Whoever is to be
 * written to about what they missed, and finds no room, is written to later.
 */
const MAX_LETTERS: Readonly<Record<MailQueueName, number>> = { account: 100_000, other: 20_000 }
/** A letter that was not sent within this time is of no use to anybody. */
const MAX_AGE_NS = 3 * 24 * 3_600 * SECOND_NS
/** How long the server knows the ids of letters, which hold for five minutes. */
const DUPLICATE_WINDOW_NS = 600 * SECOND_NS
/** After which a letter is handed out again when its process has said nothing: some times as long as it says that it is still sending. */
const ACK_WAIT_NS = 180 * SECOND_NS

/** Creates the queues of letters with the consumers of the mail service, where they are missing. Idempotent. */
export async function ensureMailQueues(manager: JetStreamManager, replicas: number): Promise<void> {
  await ensureQueue(manager, 'account', replicas)
  await ensureQueue(manager, 'other', replicas)
}

async function ensureQueue(manager: JetStreamManager, queue: MailQueueName, replicas: number): Promise<void> {
  const { stream, subject } = MAIL_QUEUES[queue]
  try {
    await manager.streams.add({
      name: stream,
      subjects: [subject],
      storage: StorageType.File,
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      num_replicas: replicas,
      max_msgs: MAX_LETTERS[queue],
      max_age: MAX_AGE_NS,
      duplicate_window: DUPLICATE_WINDOW_NS,
    })
  } catch (error) {
    // It exists, with another number of replicas.
    if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error
  }
  await manager.consumers.add(stream, {
    durable_name: MAIL_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ACK_WAIT_NS,
    max_deliver: -1,
    max_ack_pending: MAX_LETTERS[queue],
  })
}

import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { retryTransient } from '../retry.js'

/** "No message found", "sequence not found": the message is erased already. */
const NO_SUCH_MESSAGE = [10037, 10043, 10057]

/** Removes one message of a stream and overwrites its bytes on the disk, its subject and headers too. Idempotent. */
export async function eraseMessage(manager: JetStreamManager, stream: string, seq: number): Promise<void> {
  await retryTransient(async () => {
    try {
      await manager.streams.deleteMessage(stream, seq, true)
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || !NO_SUCH_MESSAGE.includes(error.code)) throw error
    }
  })
}

import { STATUS_SUBJECT } from '@beseda/proto'
import { ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'

/** How long processes have to say that they run: they answer within milliseconds, on a busy machine within a second. */
const ANSWER_MS = 2_000

/**
 * Errors: a sentence that names the processes of the platform that are running: they would go on with a log that is another.
 * @param {import('@nats-io/transport-node').NatsConnection} nc
 */
export async function assertStopped(nc) {
  const running = new Set()
  const answers = nc.subscribe(`_INBOX.admin.${crypto.randomUUID()}`, {
    callback: (_, message) => {
      // Without anybody there the server itself answers, with nothing.
      if (message.data.length > 0) running.add(fromBinary(ProcessStatusSchema, message.data).service)
    },
  })
  nc.publish(STATUS_SUBJECT, undefined, { reply: answers.getSubject() })
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
  answers.unsubscribe()
  if (running.size > 0)
    throw new Error(
      `These processes are running: ${[...running].sort((a, b) => a.localeCompare(b, 'en')).join(', ')}. Stop them first.`,
    )
}

import { STATUS_SUBJECT } from '@beseda/proto'
import { ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Platform } from './platform.js'

/** Answers whoever asks on the bus how this process is. */
export function answerStatus({ nats, health, config, logger }: Platform): void {
  const instance = crypto.randomUUID()
  const startedAt = timestampFromMs(Math.round(performance.timeOrigin))
  const status = async () =>
    create(ProcessStatusSchema, {
      service: config.service,
      instance,
      startedAt,
      unready: [...(await health.unready())],
      runtime: process.version,
      memoryBytes: BigInt(process.memoryUsage.rss()),
    })
  nats.subscribe(STATUS_SUBJECT, {
    callback: (error, message) => {
      if (error) logger.warn({ err: error }, 'status')
      else
        status().then(
          (answer) => message.respond(toBinary(ProcessStatusSchema, answer)),
          (reason: unknown) => logger.warn({ err: reason }, 'status'),
        )
    },
  })
}

import { STATUS_SUBJECT } from '@beseda/proto'
import { ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Platform } from './platform.js'

/** Answers whoever asks on the bus how this process is. */
export function answerStatus(platform: Platform): void {
  const { nats, health, config, logger } = platform
  const instance = crypto.randomUUID()
  const startedAt = timestampFromMs(Math.round(performance.timeOrigin))
  const status = async () => {
    const [{ ready, unready }, log, figures] = await Promise.all([
      health.checked(),
      platform.logStatus(),
      figuresOf(platform),
    ])
    return create(ProcessStatusSchema, {
      service: config.service,
      instance,
      startedAt,
      ready: [...ready],
      unready: [...unready],
      runtime: process.version,
      memoryBytes: BigInt(process.memoryUsage.rss()),
      busVersion: nats.info?.version ?? '',
      figures,
      ...log,
    })
  }
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

/** One that cannot be counted now is left out. */
async function figuresOf({ figures }: Platform): Promise<Record<string, bigint>> {
  const counted = await Promise.all(
    [...figures].map(async ([name, count]) => {
      const value = await Promise.resolve()
        .then(count)
        .catch(() => undefined)
      return value === undefined || !Number.isSafeInteger(value) ? [] : [[name, BigInt(value)] as const]
    }),
  )
  return Object.fromEntries(counted.flat())
}

import { STATUS_SUBJECT } from '@beseda/proto'
import { ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { Views } from '../log/views.js'
import type { Figures } from './figures.js'
import type { Health } from './health.js'

export interface StatusSources {
  readonly service: string
  readonly nats: NatsConnection
  readonly health: Health
  readonly views: Views
  readonly figures: Figures
  readonly logger: Logger
}

/** Answers questions on the bus about the state of this process. */
export function answerStatus({ service, nats, health, views, figures, logger }: StatusSources): void {
  const instance = crypto.randomUUID()
  const startedAt = timestampFromMs(Math.round(performance.timeOrigin))
  const status = async () => {
    const [{ ready, unready }, log, counted] = await Promise.all([health.checked(), views.status(), figures.read()])
    return create(ProcessStatusSchema, {
      service,
      instance,
      startedAt,
      ready: [...ready],
      unready: [...unready],
      runtime: process.version,
      memoryBytes: BigInt(process.memoryUsage.rss()),
      busVersion: nats.info?.version ?? '',
      figures: counted,
      ...log,
    })
  }
  const failed = (err: unknown) => logger.warn({ err }, 'cannot answer a status request')
  nats.subscribe(STATUS_SUBJECT, {
    callback: (error, message) => {
      if (error) failed(error)
      else status().then((answer) => message.respond(toBinary(ProcessStatusSchema, answer)), failed)
    },
  })
}

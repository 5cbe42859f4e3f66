import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type EventStore, Projection } from '@beseda/event-log'
import {
  ENVIRONMENT,
  EVENT_STORE,
  LOGGER,
  NATS,
  provide,
  type ServiceModule,
  TRANSPORT,
  token,
  Views,
} from '@beseda/platform'
import { historyStream } from '@beseda/proto'
import type { NatsConnection } from '@nats-io/transport-node'
import { Inject, Module, type OnModuleDestroy } from '@nestjs/common'
import { Registry } from 'prom-client'
import { EventStoreSinks } from './adapters/eventstore/eventstore-sinks.js'
import { IdentityNames } from './adapters/identity-names.js'
import { KafkaSinks } from './adapters/kafka/kafka-sinks.js'
import { CheckpointBucket } from './adapters/nats/checkpoint-bucket.js'
import { contentsView } from './adapters/views/contents-view.js'
import { SqliteContents } from './adapters/views/sqlite-contents.js'
import { Exports } from './application/exports.js'
import { Contents, Names, type Sinks } from './application/ports.js'
import { ExportConfig, readExportConfig } from './config.js'
import { ExportEvents } from './events.js'

/** The sinks that the operator has configured. */
const SINKS = token<readonly Sinks[]>('Sinks')
/** One for each sink. */
const EXPORTS = token<readonly Exports[]>('Exports')
/** Of the streams, read once: a process whose view meets another epoch ends. */
const EPOCHS = token<ReadonlyMap<string, string>>('Epochs')

async function readEpochs(store: EventStore, { historyStreams }: Views): Promise<ReadonlyMap<string, string>> {
  const read = async (stream: string) => [stream, (await store.info(stream)).epoch] as const
  return new Map(await Promise.all(historyStreams.map(read)))
}

async function openExports(
  { historyStreams }: Views,
  store: EventStore,
  nats: NatsConnection,
  contents: Contents,
  sinks: readonly Sinks[],
  events: ExportEvents,
  { acceptEpoch }: ExportConfig,
): Promise<readonly Exports[]> {
  const holder = `${hostname()}/${randomUUID()}`
  const open = async (one: Sinks) => {
    const checkpoints = await CheckpointBucket.open(nats, one.name)
    const observer = events.of(one.kind)
    const deps = { store, contents, checkpoints, sinks: one, observer, holder, acceptEpoch }
    return new Exports(historyStreams, deps, historyStream(0))
  }
  return Promise.all(sinks.map(open))
}

@Module({
  providers: [
    provide(ExportConfig, [ENVIRONMENT], readExportConfig),
    provide(Projection, [Views], (views) => views.open(contentsView, views.historyStreams)),
    provide(Contents, [Projection], (projection) => new SqliteContents(projection)),
    provide(EPOCHS, [EVENT_STORE, Views], readEpochs),
    provide(Names, [TRANSPORT], (rpc) => new IdentityNames(rpc)),
    provide(SINKS, [ExportConfig, EPOCHS, LOGGER, Names], ({ kafka, eventStoreUrl }, epochs, logger, names) => {
      const epochOf = (stream: string) => epochs.get(stream) ?? ''
      return [
        ...(kafka ? [new KafkaSinks(kafka, epochOf, logger, names)] : []),
        ...(eventStoreUrl ? [new EventStoreSinks(eventStoreUrl, epochOf)] : []),
      ]
    }),
    provide(
      ExportEvents,
      [Registry, LOGGER, Projection],
      (registry, logger, projection) => new ExportEvents(registry, logger, (stream) => projection.applied(stream)),
    ),
    provide(EXPORTS, [Views, EVENT_STORE, NATS, Contents, SINKS, ExportEvents, ExportConfig], openExports),
  ],
})
export class ExportModule implements OnModuleDestroy {
  constructor(@Inject(EXPORTS) private readonly exports: readonly Exports[]) {
    for (const one of exports) one.start()
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.exports.map((one) => one.stop()))
  }
}

export const exportService: ServiceModule = { name: 'export', module: ExportModule }

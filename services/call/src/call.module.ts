import {
  Background,
  ENVIRONMENT,
  EVENT_STORE,
  FAN_OUT,
  Figures,
  LOGGER,
  NATS,
  PLATFORM_CONFIG,
  provide,
  provideClass,
  RedisModule,
  type ServiceModule,
  SigningModule,
  TokenSigner,
  TRANSPORT,
} from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { busCallNotices } from './adapters/bus/call-notices.js'
import { Departures } from './adapters/bus/departures.js'
import { LivekitSfu } from './adapters/livekit/livekit.js'
import { EventStoreCallLog } from './adapters/log/call-log.js'
import { membershipMembers } from './adapters/members.js'
import { groupRecordingPoster } from './adapters/recording-poster.js'
import { redisCallDocuments } from './adapters/redis/call-documents.js'
import { redisMediaKeys } from './adapters/redis/media-keys.js'
import { redisPersonalCalls } from './adapters/redis/personal-calls.js'
import { redisRecordingDocuments } from './adapters/redis/recording-documents.js'
import { RedisClock } from './adapters/redis/redis-clock.js'
import { redisSfuCalls } from './adapters/redis/sfu-calls.js'
import { CallController } from './adapters/rpc/call.controller.js'
import { MediaKeyController } from './adapters/rpc/media-key.controller.js'
import { RecordingController } from './adapters/rpc/recording.controller.js'
import { CallAccess } from './application/call-access.js'
import { CallCommands } from './application/call-commands.js'
import { CallKeys } from './application/call-keys.js'
import { CallModeration } from './application/call-moderation.js'
import { CallQueries } from './application/call-queries.js'
import { CallRecordings } from './application/call-recordings.js'
import { CallSessions } from './application/call-sessions.js'
import { CallUpkeep } from './application/call-upkeep.js'
import { LostCalls } from './application/lost-calls.js'
import {
  CallDocuments,
  CallLog,
  CallNotices,
  CallObserver,
  CallTokens,
  Clock,
  MediaKeys,
  Members,
  PersonalCalls,
  RecordingDocuments,
  RecordingPoster,
  Sfu,
  SfuCalls,
} from './application/ports.js'
import { RecordingDelivery } from './application/recording-delivery.js'
import { SfuRooms } from './application/sfu-rooms.js'
import { SfuUpkeep } from './application/sfu-upkeep.js'
import { CallConfig, readCallConfig } from './config.js'
import { CallEvents } from './events.js'

/** How late ringing or a lease may end. Shorter: every replica asks Redis more often. */
const SWEEP_MS = 500
/** How often the clock is compared. Longer: a correction comes in larger steps. */
const CLOCK_MS = 1_000

/** How late a recording may be delivered. Shorter: every replica asks Redis more often. */
const RECORDINGS_MS = 1_000

/** How often nodes of the SFU and the rooms on them are looked at. Longer: a dead node is found later; shorter: every replica asks them more often. */
const SFU_MS = 1_000

@Module({
  imports: [RedisModule, SigningModule],
  controllers: [CallController, RecordingController, MediaKeyController],
  providers: [
    provide(CallConfig, [ENVIRONMENT], readCallConfig),
    provide(RedisClock, [Redis], (redis) => RedisClock.start(redis)),
    provide(Clock, [RedisClock], (clock) => clock),
    provide(CallDocuments, [Redis, Clock], redisCallDocuments),
    provide(PersonalCalls, [Redis], redisPersonalCalls),
    provide(
      CallLog,
      [EVENT_STORE, PLATFORM_CONFIG],
      (store, config) => new EventStoreCallLog(store, config.partitionCount),
    ),
    provide(CallNotices, [NATS, Clock], busCallNotices),
    provide(Members, [TRANSPORT], membershipMembers),
    provide(CallTokens, [TokenSigner], (signer) => signer),
    provide(
      CallObserver,
      [Registry, LOGGER, CallDocuments, RedisClock, CallConfig, Sfu],
      (registry, logger, documents, clock, { sfu: { nodes } }, sfu) =>
        new CallEvents(registry, logger, {
          sessions: () => documents.scheduled(),
          clocksApart: () => clock.apart,
          sfuNodes: () => ({ named: nodes.length, living: nodes.filter(({ url }) => sfu.isLiving(url)).length }),
        }),
    ),
    provide(Sfu, [CallConfig], ({ sfu }) => new LivekitSfu(sfu)),
    provide(SfuCalls, [Redis], redisSfuCalls),
    provide(MediaKeys, [Redis], redisMediaKeys),
    provideClass(SfuRooms, [Sfu, SfuCalls, MediaKeys, Clock, CallObserver]),
    provideClass(CallSessions, [CallDocuments, PersonalCalls, CallLog, CallNotices, CallObserver, SfuRooms]),
    provideClass(SfuUpkeep, [CallSessions, SfuRooms, Sfu, SfuCalls]),
    provideClass(CallKeys, [CallSessions, Members, MediaKeys, CallNotices, CallObserver]),
    provide(
      LostCalls,
      [CallSessions, CallLog, SfuRooms, CallConfig],
      (sessions, log, rooms, config) => new LostCalls(sessions, log, rooms, config),
    ),
    provideClass(CallUpkeep, [CallSessions, CallDocuments]),
    provide(
      CallCommands,
      [CallSessions, LostCalls, CallUpkeep, Members, SfuRooms, SfuUpkeep, CallConfig],
      (sessions, lost, upkeep, members, rooms, sfu, config) =>
        new CallCommands(sessions, lost, upkeep, members, rooms, sfu, config),
    ),
    provide(
      Departures,
      [NATS, FAN_OUT, Clock, CallUpkeep, LOGGER],
      (nats, fanOut, clock, upkeep, logger) =>
        new Departures(nats, fanOut, clock, upkeep, (err) =>
          logger.warn({ err }, 'a departure could not be carried out in a call'),
        ),
    ),
    provideClass(CallModeration, [CallSessions, Members, CallNotices]),
    provide(RecordingDocuments, [Redis], redisRecordingDocuments),
    provide(RecordingPoster, [TRANSPORT], groupRecordingPoster),
    provideClass(RecordingDelivery, [RecordingDocuments, CallSessions, RecordingPoster]),
    provideClass(CallRecordings, [CallSessions, Members, RecordingDelivery]),
    provideClass(CallQueries, [CallSessions, Members]),
    provide(CallAccess, [CallTokens, CallConfig, Sfu], (tokens, { ice }, sfu) => new CallAccess(tokens, ice, sfu)),
  ],
})
export class CallModule {
  constructor(
    background: Background,
    figures: Figures,
    clock: RedisClock,
    upkeep: CallUpkeep,
    documents: CallDocuments,
    delivery: RecordingDelivery,
    sfu: SfuUpkeep,
    { sfu: { nodes } }: CallConfig,
  ) {
    background.every('clock of calls', CLOCK_MS, () => clock.follow())
    background.every('sweep of calls', SWEEP_MS, async () => {
      // Redis was away at the start: by the clock of this host alone, calls that go on may be over.
      if (clock.apart === undefined) await clock.follow()
      await upkeep.sweep(clock.now())
    })
    background.every('recordings', RECORDINGS_MS, () => delivery.sweep(clock.now()))
    if (nodes.length > 0) background.every('rooms on the SFU', SFU_MS, () => sfu.sweep(clock.now()))
    figures.set('calls', () => documents.scheduled())
  }
}

export const callService: ServiceModule = { name: 'call', module: CallModule }

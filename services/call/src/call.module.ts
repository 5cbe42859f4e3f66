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
import { EventStoreCallLog } from './adapters/log/call-log.js'
import { membershipMembers } from './adapters/members.js'
import { redisCallDocuments } from './adapters/redis/call-documents.js'
import { redisPersonalCalls } from './adapters/redis/personal-calls.js'
import { CallController } from './adapters/rpc/call.controller.js'
import { CallAccess } from './application/call-access.js'
import { CallCommands } from './application/call-commands.js'
import { CallModeration } from './application/call-moderation.js'
import { CallQueries } from './application/call-queries.js'
import { CallSessions } from './application/call-sessions.js'
import { CallUpkeep } from './application/call-upkeep.js'
import { LostCalls } from './application/lost-calls.js'
import {
  CallDocuments,
  CallLog,
  CallNotices,
  CallObserver,
  CallTokens,
  Members,
  PersonalCalls,
} from './application/ports.js'
import { CallConfig, readCallConfig } from './config.js'
import { CallEvents } from './events.js'

/** How late ringing or a lease may end. Shorter: every replica asks Redis more often. */
const SWEEP_MS = 500

@Module({
  imports: [RedisModule, SigningModule],
  controllers: [CallController],
  providers: [
    provide(CallConfig, [ENVIRONMENT], readCallConfig),
    provide(CallDocuments, [Redis], redisCallDocuments),
    provide(PersonalCalls, [Redis], redisPersonalCalls),
    provide(
      CallLog,
      [EVENT_STORE, PLATFORM_CONFIG],
      (store, config) => new EventStoreCallLog(store, config.partitionCount),
    ),
    provide(CallNotices, [NATS], busCallNotices),
    provide(Members, [TRANSPORT], membershipMembers),
    provide(CallTokens, [TokenSigner], (signer) => signer),
    provide(
      CallObserver,
      [Registry, LOGGER, CallDocuments],
      (registry, logger, documents) => new CallEvents(registry, logger, () => documents.scheduled()),
    ),
    provideClass(CallSessions, [CallDocuments, PersonalCalls, CallLog, CallNotices, CallObserver]),
    provide(
      LostCalls,
      [CallSessions, CallLog, CallConfig],
      (sessions, log, { ringMs }) => new LostCalls(sessions, log, ringMs),
    ),
    provideClass(CallUpkeep, [CallSessions, CallDocuments]),
    provide(
      CallCommands,
      [CallSessions, LostCalls, CallUpkeep, Members, CallConfig],
      (sessions, lost, upkeep, members, { ringMs }) => new CallCommands(sessions, lost, upkeep, members, ringMs),
    ),
    provide(
      Departures,
      [NATS, FAN_OUT, CallUpkeep, LOGGER],
      (nats, fanOut, upkeep, logger) =>
        new Departures(nats, fanOut, upkeep, (err) =>
          logger.warn({ err }, 'a departure could not be carried out in a call'),
        ),
    ),
    provideClass(CallModeration, [CallSessions, Members, CallNotices]),
    provideClass(CallQueries, [CallSessions, Members]),
    provide(CallAccess, [CallTokens, CallConfig], (tokens, { ice }) => new CallAccess(tokens, ice)),
  ],
})
export class CallModule {
  constructor(background: Background, figures: Figures, upkeep: CallUpkeep, documents: CallDocuments) {
    background.every('sweep of calls', SWEEP_MS, () => upkeep.sweep(Date.now()))
    figures.set('calls', () => documents.scheduled())
  }
}

export const callService: ServiceModule = { name: 'call', module: CallModule }

import { every } from '@beseda/async'
import {
  integer,
  type Platform,
  RedisDeadlines,
  RedisDocuments,
  type ServiceDefinition,
  TokenSigner,
} from '@beseda/platform'
import { RING_SECONDS } from '@beseda/rules'
import { Module } from '@nestjs/common'
import { hearDepartures } from './adapters/departures.js'
import { membershipMembers } from './adapters/members.js'
import { redisPersonalCalls } from './adapters/personal-calls.js'
import { CallAccess, readIceConfig } from './application/access.js'
import { Calls } from './application/calls.js'
import { callDocuments, SESSION_TTL_MS, ttlOf } from './application/document.js'
import { CallHistory } from './application/history.js'
import { CallNotices } from './application/notices.js'
import { CallController } from './call.controller.js'
import { CallEvents } from './events.js'

/** How late a ringing or a lease may end. */
const SWEEP_MS = 500

@Module({})
class CallModule {}

/** Wires the service. */
export const callService: ServiceDefinition = {
  name: 'call',
  async module(platform: Platform) {
    const { redis, nats, store, rpc, config, logger } = platform
    const warn = (error: unknown) => logger.warn({ err: error }, 'will be tried again')
    const deadlines = new RedisDeadlines(redis, 'call-deadlines')
    const calls = new Calls(
      new RedisDocuments(redis, 'call:', ttlOf, callDocuments),
      deadlines,
      redisPersonalCalls(redis, SESSION_TTL_MS),
      membershipMembers(rpc),
      new CallHistory(store, config.partitionCount, warn),
      new CallNotices(nats),
      integer(process.env, 'CALLS_RING_S', RING_SECONDS, 1, 300) * 1_000,
    )
    const departures = {
      left: (groupId: string, userId: string) => calls.remove(groupId, userId, Date.now()),
      closed: (groupId: string) => calls.close(groupId, Date.now()),
    }
    const deaf = hearDepartures(nats, departures, warn)
    platform.onClose(async () => deaf())
    platform.onClose(every(SWEEP_MS, () => calls.sweep(Date.now()), warn))
    platform.figures.set('calls', () => deadlines.size())
    const signer = await TokenSigner.read(config.signingKeyFile)
    return {
      module: CallModule,
      controllers: [CallController],
      providers: [
        { provide: Calls, useValue: calls },
        { provide: CallAccess, useValue: new CallAccess(signer, readIceConfig()) },
        { provide: CallEvents, useValue: new CallEvents(platform, () => deadlines.size()) },
      ],
    }
  },
}

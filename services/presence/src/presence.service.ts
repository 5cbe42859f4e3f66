import { every } from '@beseda/async'
import { type Platform, RedisDeadlines, RedisDocuments, type ServiceDefinition } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Presences } from './application/presences.js'
import type { PresenceDocument } from './domain/presence.js'
import { PresenceController } from './presence.controller.js'

/** A person who has not been here for so long has no "last seen" any more. */
const KEEP_MS = 90 * 24 * 3_600_000
const SWEEP_MS = 2_000

@Module({})
class PresenceModule {}

/** Wires the service. */
export const presenceService: ServiceDefinition = {
  name: 'presence',
  module(platform: Platform) {
    const { redis, nats, logger } = platform
    const people = new RedisDocuments<PresenceDocument>(redis, 'presence:', KEEP_MS)
    const presences = new Presences(people, new RedisDeadlines(redis, 'presence-deadlines'), nats)
    const sweep = () => presences.sweep(Date.now())
    platform.onClose(every(SWEEP_MS, sweep, (error) => logger.warn({ err: error }, 'sweep failed')))
    return {
      module: PresenceModule,
      controllers: [PresenceController],
      providers: [{ provide: Presences, useValue: presences }],
    }
  },
}

import { Background, NATS, provide, provideClass, RedisModule, type ServiceModule } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Redis } from 'ioredis'
import { busPresenceNotices } from './adapters/bus/presence-notices.js'
import { redisPresenceDocuments } from './adapters/redis/presence-documents.js'
import { PresenceController } from './adapters/rpc/presence.controller.js'
import { PresenceDocuments, PresenceNotices } from './application/ports.js'
import { PresenceCommands } from './application/presence-commands.js'
import { PresenceQueries } from './application/presence-queries.js'

/** How late a device whose gateway died is noticed, beyond its lease. Shorter: every replica asks Redis more often. */
const SWEEP_MS = 2_000

@Module({
  imports: [RedisModule],
  controllers: [PresenceController],
  providers: [
    provide(PresenceDocuments, [Redis], redisPresenceDocuments),
    provide(PresenceNotices, [NATS], busPresenceNotices),
    provideClass(PresenceCommands, [PresenceDocuments, PresenceNotices]),
    provideClass(PresenceQueries, [PresenceDocuments]),
  ],
})
export class PresenceModule {
  constructor(background: Background, commands: PresenceCommands) {
    background.every('sweep of devices', SWEEP_MS, () => commands.sweep(Date.now()))
  }
}

export const presenceService: ServiceModule = { name: 'presence', module: PresenceModule }

import { PolicyGuard } from '@beseda/rpc'
import { type DynamicModule, Module, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common'
import { APP_FILTER, APP_GUARD } from '@nestjs/core'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { Background } from '../background/background.js'
import type { Environment } from '../config.js'
import { Views } from '../log/views.js'
import { Platform } from '../platform.js'
import { InstallationSecret } from '../security/secret.js'
import { TokenSigner } from '../security/tokens.js'
import { Figures } from '../status/figures.js'
import { Health } from '../status/health.js'
import { provide } from './provide.js'
import { RethrowFilter } from './rethrow-filter.js'
import { ENVIRONMENT, EVENT_STORE, FAN_OUT, LOGGER, NATS, PLATFORM_CONFIG, TRANSPORT } from './tokens.js'

const PIECES = [
  provide(PLATFORM_CONFIG, [Platform], ({ config }) => config),
  provide(EVENT_STORE, [Platform], ({ store }) => store),
  provide(FAN_OUT, [Platform], ({ fanOut }) => fanOut),
  provide(TRANSPORT, [Platform], ({ rpc }) => rpc),
  provide(NATS, [Platform], ({ nats }) => nats),
  provide(LOGGER, [Platform], ({ logger }) => logger),
  provide(Registry, [Platform], ({ metrics }) => metrics),
  provide(Health, [Platform], ({ health }) => health),
  provide(Figures, [Platform], ({ figures }) => figures),
  provide(Views, [Platform], ({ views }) => views),
  provide(Background, [Platform], ({ background }) => background),
]

/**
 * The opened platform as providers that every module can inject, the global guard, and the end of the process: after the server has
 * answered its last request and the service's own shutdown hooks have run, background work, views and connections close.
 */
@Module({})
export class PlatformModule implements OnModuleDestroy, OnApplicationShutdown {
  constructor(private readonly platform: Platform) {}

  static of(platform: Platform, env: Environment): DynamicModule {
    const opened = [provide(Platform, [], () => platform), provide(ENVIRONMENT, [], () => env), ...PIECES]
    return {
      module: PlatformModule,
      global: true,
      providers: [
        ...opened,
        { provide: APP_GUARD, useClass: PolicyGuard },
        { provide: APP_FILTER, useClass: RethrowFilter },
      ],
      exports: opened.map(({ provide: provided }) => provided),
    }
  }

  onModuleDestroy(): void {
    this.platform.health.leave()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.platform.close()
  }
}

/** For services with state in Redis; the process is ready only while Redis answers. */
@Module({ providers: [provide(Redis, [Platform], ({ redis }) => redis)], exports: [Redis] })
export class RedisModule {}

/** For services that derive keys from the installation's secret. The service does not start without SECRET_FILE. */
@Module({
  providers: [provide(InstallationSecret, [PLATFORM_CONFIG], ({ secretFile }) => InstallationSecret.read(secretFile))],
  exports: [InstallationSecret],
})
export class SecretModule {}

/** For services that sign tokens. The service does not start without SIGNING_KEY_FILE. */
@Module({
  providers: [provide(TokenSigner, [PLATFORM_CONFIG], ({ signingKeyFile }) => TokenSigner.read(signingKeyFile))],
  exports: [TokenSigner],
})
export class SigningModule {}

import { join } from 'node:path'
import { ENVIRONMENT, PLATFORM_CONFIG, provide, type ServiceModule } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { Internet } from './adapters/internet.js'
import { PreviewController } from './adapters/rpc/preview.controller.js'
import { SqliteCache } from './adapters/sqlite-cache.js'
import { PreviewCache, PreviewObserver, WebPages } from './application/ports.js'
import { Previews } from './application/previews.js'
import { PreviewConfig, readPreviewConfig } from './config.js'
import { PreviewEvents } from './events.js'

@Module({
  controllers: [PreviewController],
  providers: [
    provide(PreviewConfig, [ENVIRONMENT], readPreviewConfig),
    provide(WebPages, [PreviewConfig], ({ allowLoopback }) => new Internet({ allowLoopback })),
    provide(PreviewCache, [PLATFORM_CONFIG], ({ dataDir }) => new SqliteCache(join(dataDir, 'preview'))),
    provide(PreviewObserver, [Registry], (registry) => new PreviewEvents(registry)),
    provide(
      Previews,
      [WebPages, PreviewCache, PreviewObserver, PreviewConfig],
      (web, cache, observer, { enabled }) => new Previews(web, cache, observer, enabled),
    ),
  ],
})
export class PreviewModule {}

export const previewService: ServiceModule = { name: 'preview', module: PreviewModule }

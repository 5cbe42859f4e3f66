import { join } from 'node:path'
import type { Platform, ServiceDefinition } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Counter } from 'prom-client'
import { Internet } from './adapters/internet.js'
import { SqliteCache } from './adapters/sqlite-cache.js'
import { Previews } from './application/previews.js'
import { PreviewController } from './preview.controller.js'

@Module({})
class PreviewModule {}

/** Wires the service. LINK_PREVIEWS=off: nothing is fetched, and no link has a preview. */
export const previewService: ServiceDefinition = {
  name: 'preview',
  module({ config, metrics }: Platform) {
    const results = new Counter({
      name: 'beseda_previews_total',
      help: 'Pages looked at for a preview, by how it went.',
      labelNames: ['result'],
      registers: [metrics],
    })
    const { env } = process
    const cache = new SqliteCache(join(config.dataDir, 'preview'))
    const internet = new Internet({ allowLoopback: env.LINK_PREVIEWS_ALLOW_LOOPBACK === 'true' })
    const previews =
      env.LINK_PREVIEWS === 'off'
        ? { of: async () => undefined }
        : new Previews(internet, cache, (result) => results.inc({ result }))
    return {
      module: PreviewModule,
      controllers: [PreviewController],
      providers: [{ provide: Previews, useValue: previews }],
    }
  },
}

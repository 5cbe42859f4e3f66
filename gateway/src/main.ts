import { Platform, readConfig, serveHealth } from '@beseda/platform'
import { readGatewayConfig, startGateway } from './gateway.js'

const abandon = (error: unknown): never => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

try {
  const config = readConfig('gateway')
  const platform = await Platform.open(config, abandon)
  if (config.healthPort > 0) {
    const server = await serveHealth(platform.health, platform.metrics, {
      host: config.healthHost,
      port: config.healthPort,
    })
    platform.onClose(async () => server.close())
  }
  const gateway = await startGateway(platform, readGatewayConfig())
  const stop = () => {
    gateway.stop().then(() => process.exit(0), abandon)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
} catch (error) {
  abandon(error)
}

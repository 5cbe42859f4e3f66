import { ENDING_SIGNALS, endAtSignalsWhileStarting, Platform, serveHealth, untilSetUp } from '@beseda/platform'
import { readGatewayConfig } from './config.js'
import { startGateway } from './gateway.js'

const abandon = (error: unknown): never => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

const started = endAtSignalsWhileStarting()
try {
  const config = readGatewayConfig()
  const { healthHost: host, healthPort: port } = config.platform
  const platform = await Platform.open(config.platform, abandon)
  if (port > 0) {
    const server = await serveHealth(platform.health, platform.metrics, { host, port })
    platform.onClose(async () => server.close())
  }
  await untilSetUp(platform.nats, platform)
  const gateway = await startGateway(platform, config)
  const stop = () => {
    gateway.stop().then(() => process.exit(0), abandon)
  }
  for (const signal of ENDING_SIGNALS) process.once(signal, stop)
  started()
} catch (error) {
  abandon(error)
}

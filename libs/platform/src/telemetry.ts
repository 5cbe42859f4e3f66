/**
 * Loaded before everything else by `node --import @beseda/platform/telemetry`. Without an OTLP endpoint in the
 * environment nothing is loaded and spans cost nothing.
 */
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const serviceName = process.env.OTEL_SERVICE_NAME ?? process.env.NATS_USER ?? 'beseda'
  const sdk = new NodeSDK({ serviceName, traceExporter: new OTLPTraceExporter() })
  sdk.start()
  process.once('beforeExit', () => void sdk.shutdown())
  // What was recorded last is sent while the process finishes its work. Before the process itself listens, a signal ends it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      const alone = process.listenerCount(signal) === 0
      void sdk.shutdown().finally(() => alone && process.exit(0))
    })
  }
}

export {}

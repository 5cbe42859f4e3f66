/**
 * Starts tracing. Loaded before everything else by `node --import @beseda/platform/telemetry`. Without an OTLP endpoint in the
 * environment it loads nothing, and spans cost nothing.
 */
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const serviceName = process.env.OTEL_SERVICE_NAME ?? process.env.NATS_USER ?? 'beseda'
  const sdk = new NodeSDK({ serviceName, traceExporter: new OTLPTraceExporter() })
  sdk.start()
  process.once('beforeExit', () => void sdk.shutdown())
  // The last spans are sent while the process finishes its work. A process that does not handle the signal itself ends here.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      const alone = process.listenerCount(signal) === 0
      void sdk.shutdown().finally(() => alone && process.exit(0))
    })
  }
}

export {}

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
}

export {}

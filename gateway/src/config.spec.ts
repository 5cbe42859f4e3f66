import { expect, test } from 'vitest'
import { readGatewayConfig } from './config.js'

test('an empty environment gives a gateway for this machine, without traces', () => {
  expect(readGatewayConfig({})).toMatchObject({
    ...{ host: '127.0.0.1', port: 8080, webDir: undefined, trustedProxyHops: 0 },
    ...{ maxUploadBytes: 25 * 1024 * 1024, maxConnections: 50_000, maxDrainMs: 8_000 },
    ...{ otlpEndpoint: undefined, browserTraceRatio: 0, platform: { service: 'gateway', healthPort: 0 } },
  })
})

test('units are those in the names of the variables: megabytes, seconds, percent', () => {
  const env = { MAX_UPLOAD_MB: '1', MAX_DRAIN_SECONDS: '2', BROWSER_TRACE_PERCENT: '50' }
  const traced = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
  expect(readGatewayConfig(traced)).toMatchObject({
    maxUploadBytes: 1_048_576,
    maxDrainMs: 2_000,
    browserTraceRatio: 0.5,
  })
})

test('browsers are asked for no traces that could not be forwarded', () => {
  expect(readGatewayConfig({ BROWSER_TRACE_PERCENT: '50' }).browserTraceRatio).toBe(0)
})

test.each([
  ['TRUSTED_PROXY_HOPS', '17'],
  ['MAX_CONNECTIONS', '0'],
  ['PORT', 'http'],
])('%s=%s is refused with its name', (name, value) => {
  expect(() => readGatewayConfig({ [name]: value })).toThrow(name)
})

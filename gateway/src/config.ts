import {
  type Environment,
  integer,
  type PlatformConfig,
  readConfig,
  readPublicUrl,
  readS3Config,
  readSfuNodes,
  type S3Config,
} from '@beseda/platform'

/** What the gateway is told by its environment. docs/configuration.md lists the variables. */
export interface GatewayConfig {
  readonly platform: PlatformConfig
  readonly host: string
  readonly port: number
  /** Folder of the built web client; undefined: API only. */
  readonly webDir: string | undefined
  /** Where people find the installation; undefined: not known. */
  readonly publicUrl: string | undefined
  /** Trusted proxies in front, each of which appends to X-Forwarded-For. */
  readonly trustedProxyHops: number
  /** Largest file that may be uploaded, bytes. */
  readonly maxUploadBytes: number
  /** What one person may upload in a day, bytes. */
  readonly uploadBytesPerDay: number
  /** Largest recording of a call, bytes. */
  readonly maxRecordingBytes: number
  /** What all files may take, bytes; undefined: there is no bound. */
  readonly maxFilesBytes: number | undefined
  /** The most sockets; beyond, clients are told to try again elsewhere. */
  readonly maxConnections: number
  /** The longest time over which clients are sent elsewhere when the gateway stops, ms. */
  readonly maxDrainMs: number
  /** Where spans of browsers are forwarded to; undefined: no traces. */
  readonly otlpEndpoint: string | undefined
  /** Share of actions that browsers are asked to trace, 0 to 1. */
  readonly browserTraceRatio: number
  /** WebSocket addresses of the SFU's nodes, which the client may connect to. */
  readonly sfuUrls: readonly string[]
  /** Bucket for files; undefined: JetStream stores them. */
  readonly blobs: S3Config | undefined
}

const MB = 1024 * 1024

/** The only place of the gateway that reads the environment. Errors: a sentence that names the variable that cannot be understood. */
export function readGatewayConfig(env: Environment = process.env): GatewayConfig {
  const maxUploadMb = integer(env, 'MAX_UPLOAD_MB', 25, 1, 1_024)
  const otlpEndpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined
  return {
    platform: readConfig('gateway', env),
    host: env.HOST || '127.0.0.1',
    port: integer(env, 'PORT', 8080, 0, 65_535),
    webDir: env.WEB_DIR || undefined,
    publicUrl: readPublicUrl(env),
    trustedProxyHops: integer(env, 'TRUSTED_PROXY_HOPS', 0, 0, 16),
    maxUploadBytes: maxUploadMb * MB,
    uploadBytesPerDay: integer(env, 'UPLOAD_MB_PER_DAY', Math.max(1_024, maxUploadMb), maxUploadMb, 1_000_000) * MB,
    maxRecordingBytes: integer(env, 'MAX_RECORDING_MB', 2_048, 1, 100_000) * MB,
    maxFilesBytes: integer(env, 'FILES_MAX_GB', 0, 0, 1_000_000) * 1024 * MB || undefined,
    maxConnections: integer(env, 'MAX_CONNECTIONS', 50_000, 1, 1_000_000),
    // The launcher gives a process 12 s to end.
    maxDrainMs: integer(env, 'MAX_DRAIN_SECONDS', 8, 1, 600) * 1_000,
    otlpEndpoint,
    browserTraceRatio: otlpEndpoint ? integer(env, 'BROWSER_TRACE_PERCENT', 0, 0, 100) / 100 : 0,
    sfuUrls: readSfuNodes(env).map(({ url }) => url),
    blobs: readS3Config(env),
  }
}

import { readFileSync } from 'node:fs'
import { choice, type Environment, flag } from '@beseda/platform'

export interface KafkaConfig {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly format: 'protobuf' | 'json'
  /** `message`: what is erased here can be erased there. `group`: for joins; content leaves by retention alone. */
  readonly key: 'message' | 'group'
  readonly erasure: 'honour' | 'retain'
  /** Records say how the people in them are called. */
  readonly names: boolean
  /** Certificate authority in PEM; undefined with `tls`: those of the system. */
  readonly tls: { readonly ca: string | undefined } | undefined
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | undefined
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
type SaslMechanism = (typeof MECHANISMS)[number]

export class ExportConfig {
  constructor(
    /** Undefined: nothing goes to Kafka. */
    readonly kafka: KafkaConfig | undefined,
    /** Connection string, `esdb://…`; undefined: nothing goes to EventStoreDB. */
    readonly eventStoreUrl: string | undefined,
    readonly acceptEpoch: boolean,
  ) {}
}

/** Reads KAFKA_*, EVENTSTORE_URL and EXPORT_ACCEPT_EPOCH. Errors: a sentence that names the variable. */
export function readExportConfig(env: Environment): ExportConfig {
  const [kafka, eventStoreUrl] = [readKafkaConfig(env), env.EVENTSTORE_URL || undefined]
  if (!kafka && !eventStoreUrl) throw new Error('KAFKA_BROKERS or EVENTSTORE_URL: there is nothing to export to')
  return new ExportConfig(kafka, eventStoreUrl, flag(env, 'EXPORT_ACCEPT_EPOCH', false))
}

/** Undefined without KAFKA_BROKERS. */
export function readKafkaConfig(env: Environment): KafkaConfig | undefined {
  const brokers = (env.KAFKA_BROKERS ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '')
  if (brokers.length === 0) return undefined
  const key = choice(env, 'KAFKA_KEY', ['message', 'group'], 'message')
  return {
    brokers,
    topic: env.KAFKA_TOPIC || 'beseda.history.v1',
    format: choice(env, 'KAFKA_FORMAT', ['protobuf', 'json'], 'protobuf'),
    key,
    erasure: choice(env, 'KAFKA_ERASURE', ['honour', 'retain'], 'honour'),
    names: flag(env, 'KAFKA_NAMES', false),
    tls: flag(env, 'KAFKA_TLS', false) ? { ca: caOf(env) } : undefined,
    sasl: readSasl(env),
  }
}

function caOf(env: Environment): string | undefined {
  if (env.KAFKA_CA) return env.KAFKA_CA
  return env.KAFKA_CA_FILE ? readFileSync(env.KAFKA_CA_FILE, 'utf8') : undefined
}

function readSasl(env: Environment): KafkaConfig['sasl'] {
  const [username, password] = [env.KAFKA_USERNAME, env.KAFKA_PASSWORD]
  if (!username && !password) return undefined
  if (!username || !password) throw new Error('KAFKA_USERNAME and KAFKA_PASSWORD belong together')
  return { mechanism: choice(env, 'KAFKA_SASL', MECHANISMS, 'scram-sha-512'), username, password }
}

import kafkajs, { type Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { KafkaConfig } from '../../config.js'

// A CommonJS module, of whose exports Node finds only some by name.
const { logLevel } = kafkajs

/** Answers later than this count as none. */
const REQUEST_MS = 10_000
const CONNECT_MS = 5_000

const LEVELS = {
  [logLevel.NOTHING]: 'debug',
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
} as const

/** A client of the brokers whose log lines are those of this process. */
export const kafkaOf = (
  { brokers, tls, sasl }: KafkaConfig,
  logger: Pick<Logger, 'debug' | 'info' | 'warn'>,
): Kafka => {
  ignoreNegativeTimeouts()
  return new kafkajs.Kafka({
    clientId: 'beseda-export',
    brokers: [...brokers],
    requestTimeout: REQUEST_MS,
    connectionTimeout: CONNECT_MS,
    // Tried again by whoever uses the client, which is thrown away after a failure.
    retry: { retries: 2, initialRetryTime: 200, maxRetryTime: 1_000 },
    ...(tls ? { ssl: tls.ca === undefined ? true : { ca: tls.ca } } : {}),
    ...(sasl ? { sasl: saslOf(sasl) } : {}),
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, ...details } }) =>
        logger[LEVELS[level]]({ broker: details.broker, error: details.error }, `kafka: ${message}`),
  })
}

type Sasl = NonNullable<KafkaConfig['sasl']>

/** Each mechanism is a type of its own in the library. */
function saslOf({ mechanism, username, password }: Sasl) {
  if (mechanism === 'plain') return { mechanism, username, password }
  return mechanism === 'scram-sha-256' ? { mechanism, username, password } : { mechanism, username, password }
}

let ignoring = false

/** kafkajs asks for a timer in the past once in a process, which Node 24 reports (tulios/kafkajs#1751). */
function ignoreNegativeTimeouts(): void {
  if (ignoring) return
  ignoring = true
  const emit = process.emitWarning.bind(process)
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const [options] = rest
    const type = typeof options === 'string' ? options : (options as { type?: string } | undefined)?.type
    if (type !== 'TimeoutNegativeWarning') (emit as (...values: unknown[]) => void)(warning, ...rest)
  }) as typeof process.emitWarning
}

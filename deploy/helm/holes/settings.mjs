import { put } from '../lib/objects.mjs'
import { entries, entriesIf, hole, itemsIf } from '../lib/template.mjs'

/** What all processes read: the ConfigMap `beseda`. @param {import('./chart.mjs').Chart} chart */
export function cutSettings(chart) {
  const { objects, values } = chart
  const config = objects.get('ConfigMap', 'beseda')
  values.add(
    'settings',
    {},
    'More variables of docs/configuration.md for all processes, as ADMINS or PUSH_CONTACT. No secrets.',
    {
      additionalProperties: { type: ['string', 'number', 'boolean'] },
    },
  )
  chart.cutNumber(config, 'data.PARTITION_COUNT', 'partitions', 'Parts of the log. It changes only with a restore.', {
    minimum: 1,
    maximum: 1024,
  })
  chart.cutNumber(
    config,
    'data.STREAM_REPLICAS',
    'nats.streamReplicas',
    'Copies of the log: at most the servers of NATS.',
    { minimum: 1, maximum: 5 },
  )
  chart.cutNumber(
    config,
    'data.FILES_MAX_GB',
    'files.maxGb',
    'What all files may take in NATS, about two thirds of nats.maxStore.',
  )
  chart.cut(config, 'data.LOG_LEVEL', 'logLevel', 'How much the processes say.', {
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
  })
  put(config, 'data.NATS_URL', hole('include "beseda.natsUrl" . | quote'))
  put(config, 'data.REDIS_URL', hole('include "beseda.redisUrl" . | quote'))
  chart.cut(config, 'data.TURN_URLS', 'turn.urls', 'Their addresses, separated by commas.')
  chart.cut(
    config,
    'data.SFU_NODES',
    'sfu.nodes',
    'Each as <address for clients>=<address for the call service>, separated by commas.',
    { pattern: NODES },
  )
  chart.cut(
    config,
    'data.KAFKA_BROKERS',
    'export.brokers',
    'Addresses of the brokers, separated by commas; empty: no Kafka.',
  )
  chart.cut(config, 'data.MAIL_FROM', 'mail.from', 'Who letters come from, as Chat <chat@example.org>.')
  chart.cut(config, 'data.CAPTION_MODEL', 'caption.model', 'How the engine names its model.')
  chart.cut(config, 'data.CAPTION_PARALLEL', 'caption.parallel', 'Utterances that it takes at one time.')
  chart.cut(config, 'data.OTEL_TRACES_SAMPLER_ARG', 'tracing.ratio', 'How many of the traces are kept.')
  config.data = {
    ...without(config.data, /^(TURN_|SFU_|KAFKA_|MAIL|CAPTION_|OTEL_|PUBLIC_URL)/),
    ...entriesIf('.Values.host', { PUBLIC_URL: hole('printf "%s://%s" .Values.scheme .Values.host | quote') }),
    ...only(config.data, 'turn', /^TURN_/),
    ...only(config.data, 'sfu', /^SFU_/),
    ...only(config.data, 'export', /^KAFKA_/),
    ...only(config.data, 'mail', /^MAIL/),
    ...only(config.data, 'caption', /^CAPTION_/),
    ...only(config.data, 'tracing', /^OTEL_/),
    ...entries('include "beseda.settings" .'),
  }
  const [call] = objects.get('Deployment', 'call').spec.template.spec.containers
  call.env = envIf(call.env, 'TURN_SECRET', '.Values.turn.enabled')
}

/** As `readSfuNodes` of the platform reads them. */
const NODE = 'wss?://[^\\s=,]+=https?://[^\\s=,]+'
const NODES = `^\\s*${NODE}(\\s*,\\s*${NODE})*\\s*$`

/** Entries of a ConfigMap that are there with a part of the installation. @param {Record<string, string>} data @param {string} part @param {RegExp} names */
function only(data, part, names) {
  const some = Object.entries(data).filter(([name]) => names.test(name))
  return entriesIf(`.Values.${part}.enabled`, Object.fromEntries(some))
}

/** @param {Record<string, string>} data @param {RegExp} names */
const without = (data, names) => Object.fromEntries(Object.entries(data).filter(([name]) => !names.test(name)))

/** A variable that is set on a condition. @param {readonly { name: string }[]} env @param {string} name @param {string} condition */
export const envIf = (env, name, condition) =>
  env.flatMap((one) => (one.name === name ? itemsIf(condition, one) : [one]))

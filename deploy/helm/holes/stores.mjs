import { put } from '../lib/objects.mjs'
import { hole, itemsIf } from '../lib/template.mjs'
import { envIf } from './settings.mjs'

const CLUSTER = 'gt (int .Values.nats.replicas) 1'

/** NATS and Redis: those of the chart, or others. @param {import('./chart.mjs').Chart} chart */
export function cutStores(chart) {
  const { objects, values } = chart
  for (const [name, title, port] of /** @type {const} */ ([
    ['nats', 'NATS', 4222],
    ['redis', 'Redis', 6379],
  ])) {
    values.add(`${name}.bundled`, true, `Whether the chart installs ${title}.`)
    values.add(`${name}.url`, '', `Address of your own ${title}.`)
    values.add(`${name}.port`, port, `Its port, for the network policies.`, { minimum: 1, maximum: 65_535 })
    values.add(`${name}.peers`, [], `Where it is, as the peers of a network policy; empty: anywhere.`)
  }
  cutNats(chart)
  const own = objects.all.filter(({ metadata }) => /^nats(-headless|-config)?$/.test(metadata.name))
  chart.only('.Values.nats.bundled', ...own, objects.get('NetworkPolicy', 'group-to-nats-monitor'))
  chart.only('.Values.redis.bundled', ...objects.all.filter(({ metadata }) => /^redis(-config)?$/.test(metadata.name)))
  const [group] = objects.get('StatefulSet', 'group').spec.template.spec.containers
  group.env = envIf(group.env, 'NATS_MONITOR_URL', '.Values.nats.bundled')
}

/** @param {import('./chart.mjs').Chart} chart */
function cutNats(chart) {
  const nats = chart.objects.get('StatefulSet', 'nats')
  const { spec } = nats.spec.template
  const [server] = spec.containers
  const first = server.args.indexOf('--cluster_name')
  const clustered = ['--cluster_name', '--cluster', '--routes']
  const count = clustered.length * 2
  if (clustered.some((name, i) => server.args[first + 2 * i] !== name))
    throw new Error('the arguments of NATS have changed')
  server.args.splice(first, count, ...itemsIf(CLUSTER, ...server.args.slice(first, first + count)))
  put(spec.initContainers[0].command, '2', hole(`ternary "cluster" "single" (${CLUSTER})`))
  const variable = (/** @type {string} */ name) => server.env.find((/** @type {any} */ one) => one.name === name)
  chart.cut(
    variable('GOMEMLIMIT'),
    'value',
    'nats.goMemLimit',
    'Where its garbage collector becomes eager: somewhat less than its limit.',
  )
  chart.cut(
    variable('NATS_MAX_STORE'),
    'value',
    'nats.maxStore',
    'What it may store: about nine tenths of its volume.',
    { pattern: '^[0-9]+GiB$' },
  )
  chart.cut(
    spec.topologySpreadConstraints[1],
    'whenUnsatisfiable',
    'nats.zones',
    'DoNotSchedule: its servers run in different zones or not at all; the nodes need zone labels.',
    {
      enum: ['ScheduleAnyway', 'DoNotSchedule'],
    },
  )
}

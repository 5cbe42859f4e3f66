import { entries, hole, itemsIf } from '../lib/template.mjs'
import { ofClass, QUANTITY } from './pods.mjs'

const named = (/** @type {import('./chart.mjs').Chart} */ { objects }, /** @type {RegExp} */ names) =>
  objects.all.filter(({ metadata }) => names.test(metadata.name))

/** What an installation may have or not. @param {import('./chart.mjs').Chart} chart */
export function cutParts(chart) {
  const { values, objects } = chart
  values.add('turn.enabled', false, 'Whether calls use TURN.')
  values.add('sfu.enabled', false, 'Whether calls of more than ten go through them.')
  values.add(
    'sfu.generate',
    false,
    'Whether the chart makes the secret, once; your nodes then get its `keys.yaml` (NOTES say how).',
  )
  values.add('oidc.enabled', false, 'Whether people sign in with it.')
  values.add('export.enabled', false, 'Whether there is an export.')
  values.add('mail.enabled', false, 'Whether letters are sent.')
  values.add('caption.enabled', false, 'Whether speech in calls is made into text.')
  values.add('tracing.enabled', false, 'Whether there is a collector.')
  values.add('monitoring.enabled', false, 'Scraping, alert rules, dashboards, and autoscaling by connections.')
  values.add(
    'monitoring.labels',
    {},
    'Labels by which your Prometheus finds rules and monitors, as release: kube-prometheus-stack.',
  )
  chart.only('.Values.export.enabled', ...named(chart, /^export(-to-kafka)?$/))
  chart.only('.Values.mail.enabled', ...named(chart, /^mail(-to-smtp)?$/))
  chart.only('.Values.caption.enabled', ...named(chart, /^caption(-to-engine)?$/))
  chart.only('.Values.tracing.enabled', ...named(chart, /^(otel-collector|traced)$/))
  const monitoring = [objects.get('PodMonitor', 'beseda'), objects.get('PrometheusRule', 'beseda')]
  for (const { metadata } of monitoring)
    metadata.labels = { ...metadata.labels, ...entries('include "beseda.monitoringLabels" .') }
  chart.only('.Values.monitoring.enabled', ...monitoring, ...named(chart, /^(from-monitoring|beseda-dashboards)$/))
  cutFilesOf(objects.get('StatefulSet', 'identity'), 'oidc', 'OIDC_PROVIDERS_FILE')
  cutFilesOf(objects.get('Deployment', 'call'), 'sfu', 'SFU_SECRET_FILE')
  chart.only('.Values.sfu.enabled', objects.get('NetworkPolicy', 'call-to-sfu'))
  cutBackup(chart)
  cutSetup(chart)
}

/** A volume with a secret that a pod has with a part of the installation, and the variable that names its file. @param {any} object @param {string} part @param {string} variable */
function cutFilesOf(object, part, variable) {
  const { spec } = object.spec.template
  const [container] = spec.containers
  const isOf = (/** @type {{ name: string }} */ { name }) => name === part || name === variable
  for (const [owner, key] of /** @type {const} */ ([
    [container, 'env'],
    [container, 'volumeMounts'],
    [spec, 'volumes'],
  ]))
    owner[key] = owner[key].flatMap((/** @type {any} */ one) =>
      isOf(one) ? itemsIf(`.Values.${part}.enabled`, one) : [one],
    )
}

/** @param {import('./chart.mjs').Chart} chart */
function cutBackup(chart) {
  const { values, objects } = chart
  values.add('backup.enabled', true, 'Whether it is.')
  const job = objects.get('CronJob', 'backup')
  chart.cut(job, 'spec.schedule', 'backup.schedule', 'When, as cron has it.')
  const { args } = job.spec.jobTemplate.spec.template.spec.containers[0]
  chart.cutNumber(
    { kind: 'args', args },
    `args.${args.indexOf('--keep') + 1}`,
    'backup.keep',
    'How many copies stay.',
    { minimum: 1 },
  )
  const to = args.indexOf('--to')
  const place = values.add('backup.to', '', 'A place in a bucket to copy it to as well, as s3://bucket/prefix.')
  args.splice(to, 2, ...itemsIf(place, '--to', hole(`${place} | quote`)))
  chart.only(place, objects.get('NetworkPolicy', 'backup-to-bucket'))
  const claim = objects.get('PersistentVolumeClaim', 'backups')
  chart.cut(claim, 'spec.resources.requests.storage', 'backup.storage', 'Size of their volume.', QUANTITY)
  claim.metadata.annotations = KEPT
  Object.assign(claim.spec, ofClass())
  chart.only('.Values.backup.enabled', ...named(chart, /^backups?$/))
  values.add(
    'admin.enabled',
    false,
    'Not for installing: renders the pod of the operator’s commands (docs/operations.md).',
  )
  chart.only('.Values.admin.enabled', objects.get('Job', 'admin'))
}

/** Stays when the release goes. */
const KEPT = { 'helm.sh/resource-policy': 'keep' }

/** @param {import('./chart.mjs').Chart} chart */
function cutSetup({ objects }) {
  const job = objects.get('Job', 'log-setup')
  job.metadata.name = hole('printf "log-setup-%s" (include "beseda.setupHash" .)')
}

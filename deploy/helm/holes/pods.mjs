import { podTemplateOf } from '../lib/objects.mjs'
import { entries, entriesIf, hole } from '../lib/template.mjs'

/** What the values call a workload, where they do not use its name. */
/** @type {Record<string, string>} */
const VALUES_OF = { 'log-setup': 'setup', 'otel-collector': 'tracing.collector' }
const IMAGE = /^beseda(:|$)/
/** Two of Redis would each know a part; two of the caption service would each have a key of their own. */
const RUN_ONCE = ['redis', 'caption']

/** Every pod: image, place, resources, volumes, secrets. @param {import('./chart.mjs').Chart} chart */
export function cutPods(chart) {
  const { values } = chart
  values.add('image.repository', 'beseda', 'Name of the image, with its registry.')
  values.add('image.tag', '', 'Version of the image; empty: that of the chart.')
  values.add('image.digest', '', 'Digest of the image, as sha256:…; it goes before the tag.', {
    pattern: '^(sha256:[0-9a-f]{64})?$',
  })
  values.add('pods.imagePullSecrets', [], 'Secrets for the registry of the images.')
  values.add('pods.nodeSelector', {}, 'Labels of the nodes that may run them.')
  values.add('pods.tolerations', [], 'Taints that they tolerate.')
  values.add('pods.priorityClassName', '', 'Their priority class.')
  values.add('storageClass', '', 'Storage class of all volumes; empty: the default of the cluster.')
  for (const object of chart.objects.all) {
    const template = podTemplateOf(object)
    if (!template) continue
    const name = object.metadata.name
    cutPod(chart, object, template, VALUES_OF[name] ?? name)
  }
}

/** @param {import('./chart.mjs').Chart} chart @param {any} object @param {any} template @param {string} path */
function cutPod(chart, object, template, path) {
  const { spec } = template
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (IMAGE.test(container.image)) container.image = hole('include "beseda.image" . | quote')
    else chart.cut(container, 'image', `${path}.image`, 'Its image.', { minLength: 1 })
    if (container.imagePullPolicy)
      chart.cut(container, 'imagePullPolicy', 'image.pullPolicy', 'When nodes fetch it.', {
        enum: ['IfNotPresent', 'Always', 'Never'],
      })
  }
  chart.cut(spec.containers[0], 'resources', `${path}.resources`, 'What a pod asks for, and its limits.')
  if (object.spec.replicas !== undefined && !RUN_ONCE.includes(path))
    chart.cut(object, 'spec.replicas', `${path}.replicas`, 'Number of pods.')
  for (const claim of object.spec.volumeClaimTemplates ?? []) {
    chart.cut(
      claim,
      'spec.resources.requests.storage',
      `${path}.storage`,
      'Size of the volume of each pod. Kubernetes cannot change it in place.',
      QUANTITY,
    )
    Object.assign(claim.spec, ofClass())
  }
  template.spec = { ...entries('include "beseda.pod" .'), ...spec }
  if (object.kind === 'Deployment' || object.kind === 'StatefulSet') stamp(object, template)
  cutSecrets(chart, template)
}

/** The storage class of the values. */
export const ofClass = () =>
  entriesIf('.Values.storageClass', { storageClassName: hole('.Values.storageClass | quote') })

/** A pod starts anew when its settings change. @param {any} object @param {any} template */
function stamp(object, template) {
  const configured = ['nats', 'otel-collector'].includes(object.metadata.name)
    ? `${object.metadata.name}-config`
    : 'config'
  template.metadata.annotations = {
    'checksum/config': hole(`include (print $.Template.BasePath "/${configured}.yaml") . | sha256sum | quote`),
  }
}

export const QUANTITY = { pattern: '^[0-9]+(\\.[0-9]+)?(Mi|Gi|Ti)$' }

/** The secrets that pods read, by the name that the manifests give them. */
export const SECRETS = {
  'beseda-keys': ['secrets.keys', 'Secret with `signing-key.pem` and `secret.hex`.'],
  'beseda-nats': ['secrets.nats', 'Secret with the password of each user of NATS.'],
  'beseda-backup': [
    'backup.secret',
    'Secret with BACKUP_S3_ENDPOINT, BACKUP_S3_ACCESS_KEY, BACKUP_S3_SECRET_KEY; it may be missing.',
  ],
  'beseda-turn': ['turn.secret', 'Secret with `secret` and `realm` of your TURN servers.'],
  'beseda-sfu': [
    'sfu.secret',
    'Secret with `secret`, which your nodes know under the name `beseda`, of 32 characters or more.',
  ],
  'beseda-redis': ['redis.secret', 'Secret with the `password` of your own Redis; it may be missing.'],
  'beseda-oidc': ['oidc.secret', 'Secret with the file `providers.json` (docs/configuration.md).'],
  'beseda-internal-tls': [
    'tls.secret',
    'Secret with `tls.crt`, `tls.key` and `ca.crt` for the names nats, nats-headless and redis, for servers and clients.',
  ],
  'beseda-mail': ['mail.secret', 'Secret with SMTP_URL (docs/configuration.md).'],
  'beseda-caption': [
    'caption.secret',
    'Secret with CAPTION_URL, and CAPTION_KEY if the engine wants one (docs/configuration.md).',
  ],
  'beseda-kafka': [
    'export.secret',
    'Secret with KAFKA_USERNAME, KAFKA_PASSWORD, KAFKA_CA and EVENTSTORE_URL; it may be missing, or have some of them.',
  ],
}

/** @param {import('./chart.mjs').Chart} chart @param {any} template */
function cutSecrets(chart, template) {
  visit(template, (node) => {
    for (const [owner, key] of [
      [node.secretKeyRef, 'name'],
      [node.secretRef, 'name'],
      [node.secret, 'secretName'],
    ]) {
      if (!owner) continue
      const [path, description] = SECRETS[/** @type {keyof typeof SECRETS} */ (owner[key])] ?? []
      if (!path || !description) throw new Error(`the chart does not know the secret ${owner[key]}: name it in SECRETS`)
      chart.cut(owner, key, path, description, { minLength: 1 })
    }
  })
}

/** @param {any} node @param {(node: any) => void} see */
export function visit(node, see) {
  if (node === null || typeof node !== 'object') return
  see(node)
  for (const child of Object.values(node)) visit(child, see)
}

/** The keys of a secret that pods read. @param {readonly object[]} objects @param {string} name */
export function keysOf(objects, name) {
  /** @type {Set<string>} */
  const keys = new Set()
  for (const object of objects)
    visit(object, (node) => node.secretKeyRef?.name === name && keys.add(node.secretKeyRef.key))
  return [...keys].sort((a, b) => (a < b ? -1 : 1))
}

/** Where everything of an object is cut: the names of the release. @param {import('./chart.mjs').Chart} chart */
export function cutLabels({ objects }) {
  for (const { metadata } of objects.all) {
    delete metadata.namespace
    metadata.labels = { ...metadata.labels, ...entries('include "beseda.labels" .') }
  }
}

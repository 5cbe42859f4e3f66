// node deploy/helm/generate.mjs: makes the templates, values and schema of the chart from the manifests in deploy/k8s.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, stringify } from 'yaml'
import { provideServer } from '../../tools/provision/index.mjs'
import { Chart } from './holes/chart.mjs'
import { cutEntrance } from './holes/entrance.mjs'
import { cutFiles, cutRules } from './holes/files.mjs'
import { introduce } from './holes/introduction.mjs'
import { cutNetwork } from './holes/network.mjs'
import { cutParts } from './holes/parts.mjs'
import { cutLabels, cutPods, keysOf } from './holes/pods.mjs'
import { cutSecrets } from './holes/secrets.mjs'
import { cutSettings } from './holes/settings.mjs'
import { cutStores } from './holes/stores.mjs'
import { cutTls } from './holes/tls.mjs'
import { Objects } from './lib/objects.mjs'
import { write } from './lib/template.mjs'
import { Values } from './lib/values.mjs'

const here = (/** @type {string} */ path) => new URL(path, import.meta.url)
const HEAD = 'Made by deploy/helm/generate.mjs from deploy/k8s: change it there.'

/** @param {string} folder @returns {Promise<any[]>} */
async function render(folder) {
  const kubectl = await provideServer('kubectl')
  const args = [...kubectl.args, 'kustomize', fileURLToPath(here(folder))]
  const text = execFileSync(kubectl.command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  return parseAllDocuments(text).map((document) => document.toJS())
}

/** Everything that the chart may install. The namespace is that of the release. */
async function source() {
  const [main = [], admin = [], trial = []] = await Promise.all(
    ['source', '../k8s/jobs/admin', '../k8s/overlays/trial'].map(render),
  )
  const entrance = trial.filter(({ metadata }) => ['public', 'from-anywhere'].includes(metadata.name))
  return [...main, ...admin, ...entrance].filter(({ kind }) => kind !== 'Namespace')
}

/** The file of a template that has the object. @param {import('./lib/objects.mjs').KubeObject} object */
function fileOf({ kind, metadata: { name } }) {
  if (kind === 'ConfigMap') return name === 'beseda' ? 'config' : name.replace(/(-config)?$/, '-config')
  if (kind === 'NetworkPolicy') return 'network'
  if (['HTTPRoute', 'Ingress'].includes(kind) || name === 'public') return 'entrance'
  if (kind === 'PodMonitor' || kind === 'PrometheusRule') return 'monitoring'
  if (/^log-setup|^⟪/.test(name)) return 'setup'
  return { 'nats-headless': 'nats', backups: 'backup' }[/** @type {string} */ (name)] ?? name
}

/** What is generated, by path in the folder of the chart. @returns {Promise<ReadonlyMap<string, string>>} */
export async function generated() {
  const objects = new Objects(await source())
  const values = new Values()
  const chart = new Chart(objects, values)
  const passwords = keysOf(objects.all, 'beseda-nats')
  introduce(values)
  const withTls = await render('source-tls')
  cutTls(
    chart,
    withTls.filter(({ kind }) => kind !== 'Namespace'),
  )
  const files = new Map([
    ...cutFiles(chart),
    ...cutRules(chart, readFileSync(here('../monitoring/rules/beseda.yml'), 'utf8')),
  ])
  cutSettings(chart)
  cutPods(chart)
  cutSecrets(chart)
  cutStores(chart)
  cutEntrance(chart)
  cutParts(chart)
  cutNetwork(chart)
  cutLabels(chart)
  const templates = new Map()
  for (const object of objects.all) {
    const path = `templates/${fileOf(object)}.yaml`
    const head = templates.get(path) ?? `{{- /* ${HEAD} */}}\n`
    templates.set(path, head + write(object, chart.conditions.get(object)))
  }
  const users = `{{- /* ${HEAD} */}}\n{{- define "beseda.users" -}}\n${passwords.join(' ')}\n{{- end }}\n`
  const { version } = JSON.parse(readFileSync(here('../../package.json'), 'utf8'))
  return new Map([
    ...templates,
    ...files,
    ['templates/_users.tpl', users],
    ['values.yaml', `# ${HEAD}\n${values.yaml()}`],
    ['values.schema.json', `${JSON.stringify(values.schema(), null, 2)}\n`],
    ['Chart.yaml', `# ${HEAD}\n${stringify(chartOf(version))}`],
  ])
}

/** @param {string} version */
const chartOf = (version) => ({
  apiVersion: 'v2',
  name: 'beseda',
  description: 'Self-hosted group chat and calls.',
  type: 'application',
  version,
  appVersion: version,
  kubeVersion: '>=1.31.0-0',
})

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of ['beseda/files/nats-config', 'beseda/files/beseda-dashboards'])
    rmSync(here(path), { recursive: true, force: true })
  for (const [path, text] of await generated()) {
    const file = here(`beseda/${path}`)
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, text)
  }
}

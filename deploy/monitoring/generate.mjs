// node deploy/monitoring/generate.mjs: writes what Prometheus, its operator and Grafana read from alerts.mjs and dashboards.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { GROUPS } from './alerts.mjs'
import { DASHBOARDS } from './dashboards.mjs'
import { dashboardJson } from './panels.mjs'

const HEAD = '# Made by deploy/monitoring/generate.mjs from alerts.mjs: do not edit.\n'
const yaml = (/** @type {unknown} */ value) => HEAD + stringify(value, { lineWidth: 0 })

/** Alerts whose runbooks are links, if it is said where the repository can be read. @param {string | undefined} base */
const linked = (base) =>
  base === undefined
    ? GROUPS
    : GROUPS.map(({ name, rules }) => ({
        name,
        rules: rules.map(({ annotations: { runbook_url, ...said }, ...rule }) => ({
          ...rule,
          annotations: { ...said, runbook_url: `${base.replace(/\/+$/, '')}/${runbook_url}` },
        })),
      }))

/**
 * What is generated, by path beside this file. `runbooks`: where people read the repository.
 * @param {string} [runbooks] @returns {ReadonlyMap<string, string>}
 */
export function generated(runbooks) {
  const groups = linked(runbooks)
  const metadata = { name: 'beseda', labels: { 'app.kubernetes.io/name': 'beseda' } }
  const operator = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata,
    spec: { groups },
  }
  return new Map([
    ['rules/beseda.yml', yaml({ groups })],
    ['prometheusrule.yaml', yaml(operator)],
    ...DASHBOARDS.map(
      (dashboard) =>
        /** @type {const} */ ([
          `dashboards/${dashboard.uid}.json`,
          `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`,
        ]),
    ),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generated(process.env.RUNBOOKS)) {
    const file = new URL(path, import.meta.url)
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, text)
  }
}

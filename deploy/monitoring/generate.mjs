// node deploy/monitoring/generate.mjs: writes what Prometheus, its operator and Grafana read from alerts.mjs and dashboards.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { GROUPS } from './alerts.mjs'
import { DASHBOARDS } from './dashboards.mjs'
import { dashboardJson } from './panels.mjs'

const HEAD = '# Made by deploy/monitoring/generate.mjs from alerts.mjs: do not edit.\n'
const yaml = (/** @type {unknown} */ value) => HEAD + stringify(value, { lineWidth: 0 })

/** What is generated, by path beside this file. @returns {ReadonlyMap<string, string>} */
export function generated() {
  const metadata = { name: 'beseda', labels: { 'app.kubernetes.io/name': 'beseda' } }
  const operator = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata,
    spec: { groups: GROUPS },
  }
  return new Map([
    ['rules/beseda.yml', yaml({ groups: GROUPS })],
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
  for (const [path, text] of generated()) {
    const file = new URL(path, import.meta.url)
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, text)
  }
}

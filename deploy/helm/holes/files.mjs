import { parse } from 'yaml'
import { podTemplateOf } from '../lib/objects.mjs'
import { block, hole } from '../lib/template.mjs'
import { visit } from './pods.mjs'

const HASHED = /^(nats-config|redis-config|beseda-dashboards|otel-collector)-[a-z0-9]{10}$/

/**
 * Texts that would be unreadable in a template become files of the chart. ConfigMaps lose the hash in their names: a pod has a checksum of
 * them instead. Returns the files by their path in the chart.
 * @param {import('./chart.mjs').Chart} chart
 */
export function cutFiles(chart) {
  /** @type {Map<string, string>} */
  const files = new Map()
  for (const object of chart.objects.of('ConfigMap')) {
    const [, name] = HASHED.exec(object.metadata.name) ?? []
    if (!name) continue
    object.metadata.name = name
    if (name === 'otel-collector') cutCollector(chart, object)
    else
      for (const [key, text] of Object.entries(object.data))
        object.data[key] = fileOf(files, `files/${name}/${key}`, text)
  }
  for (const object of chart.objects.all) {
    visit(podTemplateOf(object), ({ configMap }) => {
      if (configMap?.name) configMap.name = HASHED.exec(configMap.name)?.[1] ?? configMap.name
    })
  }
  return files
}

/** @param {Map<string, string>} files @param {string} path @param {string} text */
function fileOf(files, path, text) {
  // Nobody reads a dashboard here: it is made by deploy/monitoring.
  files.set(path, path.endsWith('.json') ? `${JSON.stringify(JSON.parse(text))}\n` : text)
  return hole(`.Files.Get "${path}" | toJson`)
}

/** @param {import('./chart.mjs').Chart} chart @param {any} object */
function cutCollector(chart, object) {
  const read = chart.values.add(
    'tracing.config',
    parse(object.data['collector.yaml']),
    'Its configuration: where it sends them.',
  )
  object.data['collector.yaml'] = hole(`toYaml ${read} | toJson`)
}

/** The alert rules, whose sentences have templates of their own. @param {import('./chart.mjs').Chart} chart @param {string} rules */
export function cutRules(chart, rules) {
  chart.values.add(
    'monitoring.runbooks',
    '',
    'Where people read this repository, as https://git.example.org/beseda/blob/main: alerts then link to their runbooks.',
  )
  chart.objects.get('PrometheusRule', 'beseda').spec = block('include "beseda.rules" .')
  return new Map([['files/rules.yaml', rules]])
}

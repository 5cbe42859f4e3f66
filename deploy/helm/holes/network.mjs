import { block, hole } from '../lib/template.mjs'
import { visit } from './pods.mjs'

/** Namespaces beside that of the release. */
/** @type {Record<string, readonly [string, string]>} */
const NAMESPACES = {
  monitoring: ['monitoring.namespace', 'Namespace of Prometheus and of what takes the traces.'],
  'gateway-system': ['gatewayApi.namespace', 'Namespace of the pods of your Gateway.'],
  'ingress-nginx': ['ingress.namespace', 'Namespace of your Ingress controller.'],
}

/** The network policies. @param {import('./chart.mjs').Chart} chart */
export function cutNetwork(chart) {
  const policies = chart.objects.of('NetworkPolicy')
  chart.values.add('network.policies', true, 'Whether they are installed.')
  chart.only('.Values.network.policies', ...policies)
  const [egress] = chart.objects.get('NetworkPolicy', 'dns').spec.egress
  chart.cut(egress, 'to', 'network.dns', 'Where the name servers of the cluster are.')
  const [kafka] = chart.objects.get('NetworkPolicy', 'export-to-kafka').spec.egress
  chart.cut(kafka, 'ports', 'export.ports', 'Ports of the brokers, and of EventStoreDB.')
  const [sfu] = chart.objects.get('NetworkPolicy', 'call-to-sfu').spec.egress
  chart.cut(sfu, 'ports', 'sfu.ports', 'Ports at which the call service reaches them.')
  const [smtp] = chart.objects.get('NetworkPolicy', 'mail-to-smtp').spec.egress
  chart.cut(smtp, 'ports', 'mail.ports', 'Ports of the SMTP server.')
  const [engine] = chart.objects.get('NetworkPolicy', 'caption-to-engine').spec.egress
  chart.cut(engine, 'ports', 'caption.ports', 'Ports of the engine.')
  for (const { spec } of policies) {
    for (const rule of spec.egress ?? []) toStores(rule)
    cutNamespaces(chart, spec)
  }
}

/** What may connect to NATS or Redis may connect to where those are. @param {any} rule */
function toStores(rule) {
  const name = Array.isArray(rule.to) && rule.to[0]?.podSelector?.matchLabels?.['app.kubernetes.io/name']
  if (name !== 'nats' && name !== 'redis') return
  rule.to = block(`include "beseda.peers" (list "${name}" .Values.${name})`)
  for (const port of rule.ports) if ([4222, 6379].includes(port.port)) port.port = hole(`.Values.${name}.port | int`)
}

/** @param {import('./chart.mjs').Chart} chart @param {any} spec */
function cutNamespaces(chart, spec) {
  visit(spec, (node) => {
    const labels = node.namespaceSelector?.matchLabels
    const [path, description] = NAMESPACES[labels?.[NAME] ?? ''] ?? []
    if (path && description) {
      chart.values.add(path, labels[NAME], description, { minLength: 1 })
      labels[NAME] = hole(`.Values.${path} | quote`)
    }
  })
}

const NAME = 'kubernetes.io/metadata.name'

import { put } from '../lib/objects.mjs'
import { block, entriesIf, hole, itemsIf } from '../lib/template.mjs'

/** How people reach the gateways. @param {import('./chart.mjs').Chart} chart */
export function cutEntrance(chart) {
  const { objects, values } = chart
  const route = objects.get('HTTPRoute', 'beseda')
  chart.cut(route, 'spec.parentRefs', 'gatewayApi.parentRefs', 'Your Gateway.')
  put(route, 'spec.hostnames.0', hole('.Values.host | quote'))
  const ingress = objects.get('Ingress', 'beseda')
  chart.cut(
    ingress,
    'metadata.annotations',
    'ingress.annotations',
    'What your controller needs: no buffering of uploads, sockets that stay.',
  )
  chart.cut(ingress, 'spec.ingressClassName', 'ingress.className', 'Its class.')
  chart.cut(ingress, 'spec.tls.0.secretName', 'ingress.tlsSecret', 'Secret with the certificate.')
  put(ingress, 'spec.tls.0.hosts.0', hole('.Values.host | quote'))
  put(ingress, 'spec.rules.0.host', hole('.Values.host | quote'))
  const service = objects.get('Service', 'public')
  values.add('loadBalancer.annotations', {}, 'What your cloud needs: certificate, kind of load balancer.')
  service.metadata = {
    ...service.metadata,
    ...entriesIf('.Values.loadBalancer.annotations', { annotations: block('toYaml .Values.loadBalancer.annotations') }),
  }
  const by = (/** @type {string} */ entrance) => `eq .Values.entrance "${entrance}"`
  chart.only(by('gateway-api'), route, objects.get('NetworkPolicy', 'from-gateway-api'))
  chart.only(by('ingress'), ingress, objects.get('NetworkPolicy', 'from-ingress'))
  chart.only(by('load-balancer'), service, objects.get('NetworkPolicy', 'from-anywhere'))
  cutGateway(chart)
}

/** @param {import('./chart.mjs').Chart} chart */
function cutGateway(chart) {
  const [container] = chart.objects.get('Deployment', 'gateway').spec.template.spec.containers
  const hops = container.env.find((/** @type {any} */ { name }) => name === 'TRUSTED_PROXY_HOPS')
  chart.cutNumber(hops, 'value', 'gateway.proxies', 'Proxies in front whose X-Forwarded-For is trusted.')
  const { spec } = chart.objects.get('HorizontalPodAutoscaler', 'gateway')
  chart.cut(spec, 'minReplicas', 'gateway.min', 'Pods at least.', { minimum: 1 })
  chart.cut(spec, 'maxReplicas', 'gateway.max', 'Pods at most.', { minimum: 1 })
  const connections = spec.metrics.findIndex((/** @type {any} */ { type }) => type === 'Pods')
  spec.metrics.splice(connections, 1, ...itemsIf('.Values.monitoring.enabled', spec.metrics[connections]))
}

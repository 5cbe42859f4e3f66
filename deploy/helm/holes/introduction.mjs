/** What comes first in values.yaml, and what its groups are for, in the order of the page. @param {import('../lib/values.mjs').Values} values */
export function introduce(values) {
  values.add('host', 'chat.example.org', 'The public name; empty only in a trial that is opened by an address.')
  values.add('scheme', 'https', 'How people open it: http only where there is no TLS, as in a trial.', {
    enum: ['http', 'https'],
  })
  values.add('entrance', 'gateway-api', `How people reach it: ${Object.values(ENTRANCES).join(', ')}.`, {
    enum: Object.keys(ENTRANCES),
  })
  for (const [name, description] of Object.entries(GROUPS)) values.group(name, description)
}

const ENTRANCES = {
  'gateway-api': 'through a Gateway',
  ingress: 'through an Ingress controller (ingress)',
  'load-balancer': 'straight through a load balancer of its own (load-balancer)',
  none: 'as you make it yourself (none)',
}

const GROUPS = {
  gatewayApi: 'With entrance: gateway-api.',
  ingress: 'With entrance: ingress.',
  loadBalancer: 'With entrance: load-balancer.',
  image: 'The image of Beseda.',
  secrets: 'The secrets that every installation needs.',
  nats: 'NATS, which keeps the log: of the chart, or your own.',
  redis: 'Redis, whose data may be lost: of the chart, or your own.',
  files: 'Files that people upload.',
  backup: 'The log is copied every night.',
  turn: 'Your TURN servers, for calls that cannot go from device to device.',
  sfu: 'Your nodes of LiveKit, for calls of more than ten: each a release of its own chart (deploy/k8s/values/livekit.yaml).',
  oidc: 'Sign-in with OpenID Connect; it needs a host.',
  export: 'The service that sends the history to Kafka or EventStoreDB (docs/export.md).',
  mail: 'The service that sends mail (docs/configuration.md, "Mail"); it needs a host.',
  caption: 'The service that makes captions of calls with your engine (docs/configuration.md, "Captions").',
  monitoring: 'For the Prometheus operator and Grafana’s sidecar.',
  tracing: 'An OpenTelemetry collector that all processes send their traces to.',
  'tracing.collector': 'Its pods.',
  network: 'Network policies: nothing may connect to anything except what is listed.',
  pods: 'For every pod.',
  gateway: 'The gateways, which hold people’s connections; the autoscaler sets their number.',
  identity: 'Accounts, sign-in, sessions.',
  group: 'Groups, messages, files, search.',
  membership: 'Who is in which group.',
  call: 'Calls.',
  presence: 'Who is online.',
  notify: 'Notifications.',
  preview: 'Previews of links.',
  setup: 'The job that creates the streams of the log.',
  admin: 'The pod of the operator’s commands.',
}

import { describe, expect, test } from 'vitest'
import { render } from '../k8s/testing/render.js'
import { typeErrors } from '../k8s/testing/types.js'
import { needsHelm, type Rendering, run, TRIAL, template } from './testing/helm.js'
import { byTitle } from './testing/normal.js'

const PRODUCTION = {
  gateway: { min: 3 },
  turn: { enabled: true },
  monitoring: { enabled: true },
  tracing: { enabled: true },
}

const WITH_SETTINGS = {
  ...PRODUCTION,
  host: 'chat.your.org',
  image: { repository: 'registry.example.org/beseda', tag: '0.1.0' },
  oidc: { enabled: true },
  settings: { ADMINS: 'ann,boris', PUSH_CONTACT: 'mailto:admin@your.org' },
}

/** Each overlay, and how the chart installs the same. */
const SAME: readonly [string, Rendering][] = [
  ['overlays/production', { values: PRODUCTION }],
  ['overlays/zones', { values: { ...PRODUCTION, nats: { zones: 'DoNotSchedule' } } }],
  ['overlays/ingress', { values: { entrance: 'ingress', backup: { enabled: false } } }],
  ['overlays/trial', { files: [TRIAL] }],
  ['testing/with-settings', { values: WITH_SETTINGS }],
  ['testing/with-export', { files: [TRIAL], values: { export: { enabled: true } } }],
  ['testing/with-tls', { values: { ...PRODUCTION, tls: { enabled: true } } }],
  ['testing/with-sfu', { files: [TRIAL], values: { sfu: { enabled: true } } }],
  ['testing/with-bucket', { files: [TRIAL], values: { backup: { to: 's3://backups/beseda' } } }],
]

describe('the chart', () => {
  needsHelm()
  test.each(SAME)('installs what %s does', async (overlay, rendering) => {
    expect(byTitle(await template(rendering))).toEqual(byTitle(render(overlay)))
  })

  test('has only fields that Kubernetes knows', async () => {
    const all = { ...PRODUCTION, export: { enabled: true }, storageClass: 'fast', settings: { ADMINS: 'ann' } }
    const pods = {
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { pool: 'chat' },
      tolerations: [{ key: 'chat', operator: 'Exists' }],
    }
    const manifests = await template({ values: { ...all, pods: { ...pods, priorityClassName: 'high' } } })
    expect(typeErrors(manifests)).toBe('')
    const text = JSON.stringify(manifests)
    for (const part of [
      '"storageClassName":"fast"',
      '"ADMINS":"ann"',
      '"pool":"chat"',
      '"name":"registry"',
      '"priorityClassName":"high"',
    ])
      expect(text).toContain(part)
  })

  test('links alerts to their runbooks, and labels them as your Prometheus finds them', async () => {
    const labels = { release: 'kube-prometheus-stack' }
    const monitoring = { enabled: true, labels, runbooks: 'https://git.example.org/beseda' }
    const found = (await template({ values: { monitoring } })).filter(({ kind }) =>
      /^(PodMonitor|PrometheusRule)$/.test(kind),
    )
    expect(found.map(({ metadata }) => metadata.labels?.release)).toEqual([
      'kube-prometheus-stack',
      'kube-prometheus-stack',
    ])
    expect(JSON.stringify(found)).toContain('https://git.example.org/beseda/docs/runbooks/target-down.md')
  })

  test('passes helm lint', async () => {
    expect((await run('lint', { args: ['--strict'] })).error).toBe('')
  })

  test('uses your own NATS and Redis, and lets pods reach them wherever they are', async () => {
    const values = {
      nats: { bundled: false, url: 'nats://bus.example.org:4333', port: 4333 },
      redis: { bundled: false, url: 'redis://cache:6379', peers: [{ ipBlock: { cidr: '192.0.2.1/32' } }] },
    }
    const manifests = await template({ values })
    const titles = Object.keys(byTitle(manifests))
    expect(titles.filter((title) => /\/(nats|redis)(-|$)/.test(title))).toEqual(
      ['NetworkPolicy/redis-clients', 'ConfigMap/nats-config'].filter((title) => titles.includes(title)),
    )
    const text = JSON.stringify(manifests)
    expect(text).toContain('"NATS_URL":"nats://bus.example.org:4333"')
    expect(text).toContain('{"ports":[{"port":4333,"protocol":"TCP"}],"to":[]}')
    expect(text).toContain('"to":[{"ipBlock":{"cidr":"192.0.2.1/32"}}]')
  })

  test('makes no secrets without a cluster: a new rendering would replace them', async () => {
    expect(Object.keys(byTitle(await template({}))).filter((title) => title.startsWith('Secret/'))).toEqual([])
  })

  test.each<[string, object, string]>([
    ['an unknown value', { partition: 4 }, "additional properties 'partition' not allowed"],
    ['more copies than servers', { nats: { replicas: 1 } }, 'nats.streamReplicas is 3, but there are only 1 servers'],
    ['an even number of servers', { nats: { replicas: 2 } }, 'nats.replicas is 2'],
    [
      'a store as large as its volume',
      { nats: { maxStore: '50GiB' } },
      'nats.maxStore is 50GiB, but the volume has only 50Gi',
    ],
    ['files that could fill the log', { files: { maxGb: 45 } }, 'files.maxGb is 45'],
    ['two processes that make captions', { caption: { replicas: 2 } }, "additional properties 'replicas' not allowed"],
    ['a setting that has a value of its own', { settings: { PARTITION_COUNT: '8' } }, 'settings.PARTITION_COUNT'],
    ['nodes of the SFU that no process could read', { sfu: { nodes: 'https://sfu1' } }, "'https://sfu1'"],
    ['no public name', { host: '' }, 'host is empty'],
    ['its own NATS without an address', { nats: { bundled: false } }, 'nats.url'],
  ])('refuses %s', async (_, values, message) => {
    expect((await run('template', { values })).error).toContain(message)
  })
})

import type { IStatefulSet } from 'kubernetes-models/apps/v1'
import { describe, expect, test } from 'vitest'
import { containersOf, type Manifest, render, type Workload, workloadsOf } from './testing/render.js'

const trial = render('overlays/trial')
const earlier = render('overlays/trial-of-0.1')
const production = render('overlays/production')

/** Where objects are, except those of the whole cluster. */
const namespaces = (manifests: readonly Manifest[]) =>
  new Set(manifests.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace)))
const natsOf = (manifests: readonly Manifest[]) => workloadsOf(manifests).find(({ name }) => name === 'nats')
const guardOf = (manifests: readonly Manifest[]) =>
  natsOf(manifests)?.pod.initContainers?.find(({ name }) => name === 'store-guard')?.command

const milli = (cpu: unknown) => (String(cpu).endsWith('m') ? Number.parseInt(String(cpu), 10) : Number(cpu) * 1000)
const mebi = (memory: unknown) => Number(/^(\d+)Mi$/.exec(String(memory))?.[1])
/** What the scheduler reserves for all pods of an installation: each init container runs alone. */
function requested(workloads: readonly Workload[], what: 'cpu' | 'memory', unit: (text: unknown) => number): number {
  return workloads.reduce((sum, { pod, spec }) => {
    const of = (containers: Workload['pod']['containers']) =>
      containers.map(({ resources }) => unit(resources?.requests?.[what]))
    const each = Math.max(
      of(pod.containers).reduce((a, b) => a + b, 0),
      ...of(pod.initContainers ?? []),
    )
    return sum + each * ((spec as { replicas?: number }).replicas ?? 1)
  }, 0)
}

describe('trial and production in one cluster', () => {
  test('have namespaces of their own, so that neither takes over the objects of the other', () => {
    expect([namespaces(trial), namespaces(production)]).toEqual([new Set(['beseda-trial']), new Set(['beseda'])])
  })

  test('refuse the log of each other before NATS starts', () => {
    expect(guardOf(trial)).toEqual(['sh', '/etc/nats/store-guard.sh', 'single', '/data'])
    for (const overlay of ['overlays/production', 'overlays/zones', 'overlays/ingress']) {
      expect(guardOf(render(overlay)), overlay).toEqual(['sh', '/etc/nats/store-guard.sh', 'cluster', '/data'])
    }
    expect(guardOf(trial)?.[2] === 'single').toBe(!natsOf(trial)?.pod.containers[0]?.args?.includes('--cluster'))
  })

  test('a trial that was installed with 0.1 keeps its namespace and its volumes', () => {
    expect(namespaces(earlier)).toEqual(new Set(['beseda']))
    const claims = workloadsOf(earlier).flatMap(({ kind, name, spec }) =>
      kind === 'StatefulSet'
        ? ((spec as NonNullable<IStatefulSet['spec']>).volumeClaimTemplates ?? []).map((claim) => [
            `${claim.metadata?.name}-${name}-0`,
            claim.spec?.resources?.requests?.storage,
          ])
        : [],
    )
    expect(Object.fromEntries(claims)).toEqual({
      'data-nats-0': '50Gi',
      'data-identity-0': '10Gi',
      'data-group-0': '10Gi',
      'data-membership-0': '10Gi',
      'data-notify-0': '10Gi',
    })
  })
})

test('a trial fits on one node of two cores, beside what the cluster itself needs', () => {
  const workloads = workloadsOf(trial)
  expect(requested(workloads, 'cpu', milli)).toBeLessThanOrEqual(1_000)
  expect(requested(workloads, 'memory', mebi)).toBeLessThanOrEqual(2_048)
  const autoscaler = trial.find(({ kind }) => kind === 'HorizontalPodAutoscaler')
  expect(autoscaler?.spec).toMatchObject({ minReplicas: 1, maxReplicas: 1 })
})

/** What keeps a pod from running anywhere where nodes have no such label. */
const conditions = (manifests: readonly Manifest[]) =>
  new Set(
    workloadsOf(manifests).flatMap(({ pod }) =>
      (pod.topologySpreadConstraints ?? [])
        .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
        .map(({ topologyKey }) => topologyKey),
    ),
  )

test('only the overlay for zones needs nodes with zone labels', () => {
  for (const overlay of ['overlays/trial', 'overlays/production', 'overlays/ingress']) {
    expect(conditions(render(overlay)), overlay).not.toContain('topology.kubernetes.io/zone')
  }
  expect(conditions(render('overlays/zones'))).toContain('topology.kubernetes.io/zone')
})

test('the operator’s commands run where the backups are, for a few hours', () => {
  const [admin] = workloadsOf(render('jobs/admin'))
  const backup = workloadsOf(production).find(({ name }) => name === 'backup')
  expect(admin && containersOf(admin)[0]?.env).toEqual(backup && containersOf(backup)[0]?.env)
  expect(admin?.pod.volumes).toEqual(backup?.pod.volumes)
  expect(admin?.labels).toEqual(backup?.labels)
  expect(admin?.spec).toMatchObject({ activeDeadlineSeconds: 14_400 })
})

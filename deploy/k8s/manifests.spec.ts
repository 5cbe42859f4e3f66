import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { IPodSpec } from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

type Labels = Record<string, string>
interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; labels?: Labels }
  spec: unknown
}
type Workload = (IDeployment | IStatefulSet | IJob) & Manifest

const kubectl = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
})()
if (!kubectl) console.warn('skipped: deploy/k8s manifests, because there is no kubectl on PATH to render them')

function render(overlay: string): Manifest[] {
  const folder = fileURLToPath(new URL(overlay, import.meta.url))
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest)
}

const podSpec = (workload: Workload): IPodSpec => {
  const spec = workload.spec?.template?.spec
  if (!spec) throw new Error(`${workload.kind}/${workload.metadata.name} has no pod`)
  return spec
}
const podLabels = (workload: Workload): Labels => (workload.spec?.template?.metadata?.labels ?? {}) as Labels
const isWorkload = (manifest: Manifest): manifest is Workload =>
  ['Deployment', 'StatefulSet', 'Job'].includes(manifest.kind)
const selects = (selector: Labels | undefined, labels: Labels) =>
  Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value)

describe.skipIf(!kubectl).each(['base', 'overlays/trial', 'overlays/production'])('%s', (overlay) => {
  const manifests = kubectl ? render(overlay) : []
  const workloads = manifests.filter(isWorkload)
  const named = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)
  const each = workloads.map((workload) => [`${workload.kind}/${workload.metadata.name}`, workload] as const)

  test('has the gateway, the five services and the set-up job', () => {
    const names = workloads.map((workload) => workload.metadata.name)
    expect(names).toEqual(
      expect.arrayContaining(['gateway', 'identity', 'group', 'membership', 'call', 'presence', 'log-setup']),
    )
  })

  test.each(each)('%s runs restricted', (_, workload) => {
    const pod = podSpec(workload)
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod.automountServiceAccountToken).toBe(false)
    for (const container of pod.containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container.resources?.requests, 'requests').toHaveProperty('memory')
      expect(container.resources?.limits, 'limits').toHaveProperty('memory')
      expect(container.image).toMatch(/:[^:]+$/)
      expect(container.image).not.toMatch(/:latest$/)
    }
  })

  test.each(each.filter(([, workload]) => workload.kind !== 'Job'))('%s has probes and a budget', (_, workload) => {
    const [container] = podSpec(workload).containers
    expect(container?.readinessProbe).toBeDefined()
    expect(container?.livenessProbe).toBeDefined()
    if (workload.metadata.labels?.['beseda.hardened']) {
      const paths = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe].map(
        (probe) => probe?.httpGet?.path,
      )
      expect(paths).toEqual(['/health/startup', '/health/ready', '/health/live'])
      const budgets = named('PodDisruptionBudget').filter((budget) =>
        selects((budget.spec as { selector: { matchLabels: Labels } }).selector.matchLabels, podLabels(workload)),
      )
      expect(budgets).toHaveLength(1)
    }
  })

  test.each(each)('%s is covered by a network policy of its own', (_, workload) => {
    const own = named('NetworkPolicy').filter((policy) => {
      const { podSelector } = policy.spec as {
        podSelector: { matchLabels?: Labels; matchExpressions?: { key: string; values: string[] }[] }
      }
      const { matchLabels, matchExpressions = [] } = podSelector
      if (!matchLabels && matchExpressions.length === 0) return false
      return (
        selects(matchLabels, podLabels(workload)) &&
        matchExpressions.every(({ key, values }) => values.includes(podLabels(workload)[key] ?? ''))
      )
    })
    expect(own.length).toBeGreaterThan(0)
  })

  test('everything is denied first', () => {
    const deny = named('NetworkPolicy').find((policy) => policy.metadata.name === 'default-deny')
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  })

  test.each(each)('%s refers only to what exists', (_, workload) => {
    const pod = podSpec(workload)
    const has = (kind: string, name: string | undefined) =>
      named(kind).some((manifest) => manifest.metadata.name === name)
    for (const volume of pod.volumes ?? []) {
      if (volume.configMap)
        expect(has('ConfigMap', volume.configMap.name), `ConfigMap ${volume.configMap.name}`).toBe(true)
      if (volume.secret) expect(volume.secret.secretName).toBe('beseda-keys')
    }
    const claims = (workload.spec as { volumeClaimTemplates?: Manifest[] }).volumeClaimTemplates ?? []
    const volumes = new Set(
      [...(pod.volumes ?? []), ...claims.map((claim) => claim.metadata)].map((volume) => volume.name),
    )
    for (const container of pod.containers) {
      for (const mount of container.volumeMounts ?? []) expect(volumes).toContain(mount.name)
      for (const source of container.envFrom ?? [])
        expect(has('ConfigMap', source.configMapRef?.name), `ConfigMap ${source.configMapRef?.name}`).toBe(true)
      for (const variable of container.env ?? [])
        if (variable.valueFrom?.secretKeyRef) expect(variable.valueFrom.secretKeyRef.name).toBe('beseda-nats')
    }
    if (pod.serviceAccountName) expect(has('ServiceAccount', pod.serviceAccountName)).toBe(true)
  })

  test('the autoscaler owns the number of gateways and scales down slowly', () => {
    const [autoscaler] = named('HorizontalPodAutoscaler') as unknown as IHorizontalPodAutoscaler[]
    const gateway = workloads.find((workload) => workload.metadata.name === 'gateway') as IDeployment
    expect(autoscaler?.spec?.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'gateway' })
    expect(gateway.spec).not.toHaveProperty('replicas')
    expect(autoscaler?.spec?.behavior?.scaleDown?.stabilizationWindowSeconds).toBeGreaterThanOrEqual(300)
  })

  test('a gateway has time to drain', () => {
    const pod = podSpec(workloads.find((workload) => workload.metadata.name === 'gateway')!)
    const wait = pod.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(wait + 15 + 10)
  })

  test('services select pods that exist', () => {
    for (const service of named('Service')) {
      const { selector } = service.spec as { selector: Labels }
      expect(
        workloads.some((workload) => selects(selector, podLabels(workload))),
        service.metadata.name,
      ).toBe(true)
    }
  })
})

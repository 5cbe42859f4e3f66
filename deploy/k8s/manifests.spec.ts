import { existsSync, readFileSync } from 'node:fs'
import type { IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { IService } from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { documentedVariables } from '../../docs/testing/configuration.js'
import { KEY_FILES, KEY_VARIABLES, keysReadBy } from '../testing/keys.js'
import { servedPaths } from './testing/probes.js'
import { containersOf, type Manifest, OVERLAYS, PROCESSES, render, selects, workloadsOf } from './testing/render.js'

const root = (path: string) => new URL(`../../${path}`, import.meta.url)

/** The longest time a stopping gateway takes after its clients have moved: pending requests, the bus, files. */
const CLOSING_S = 15

/** The number in `50Gi` or `45GiB`: both use the same unit. */
const quantity = (text: unknown): number => Number(/^(\d+)GiB?$/.exec(String(text))?.[1])

describe.each(OVERLAYS)('%s', (overlay) => {
  const manifests = render(overlay)
  const workloads = workloadsOf(manifests)
  const each = workloads.map((workload) => [workload.title, workload] as const)
  const lasting = each.filter(([, { kind }]) => kind !== 'Job' && kind !== 'CronJob')
  const named = <T = Manifest>(kind: string) =>
    manifests.filter((manifest) => manifest.kind === kind) as (T & Manifest)[]
  const has = (kind: string, name: unknown) => named(kind).some(({ metadata }) => metadata.name === name)

  test('has every process and the set-up job, and views in volumes', () => {
    const kinds = new Map(workloads.map(({ name, kind }) => [name, kind]))
    expect([...kinds.keys()]).toEqual(expect.arrayContaining([...PROCESSES, 'log-setup']))
    for (const name of ['identity', 'group', 'membership']) expect(kinds.get(name)).toBe('StatefulSet')
  })

  test('the namespace admits restricted pods only', () => {
    for (const { metadata } of named('Namespace')) {
      expect(metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted')
    }
  })

  test.each(each)('%s runs restricted', (_, workload) => {
    const { pod } = workload
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod.securityContext?.runAsUser).toBeGreaterThanOrEqual(10_000)
    expect(pod.automountServiceAccountToken).toBe(false)
    for (const sharing of [pod.hostNetwork, pod.hostPID, pod.hostIPC]) expect(sharing ?? false).toBe(false)
    for (const { securityContext, ports = [] } of containersOf(workload)) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(securityContext?.privileged ?? false).toBe(false)
      expect(securityContext?.capabilities?.add ?? []).toEqual([])
      for (const { hostPort } of ports) expect(hostPort).toBeUndefined()
    }
    for (const volume of pod.volumes ?? []) {
      expect(
        Object.keys(volume).every((key) => /^(name|configMap|secret|emptyDir|persistentVolumeClaim)$/.test(key)),
      ).toBe(true)
    }
  })

  test.each(each)('%s requests resources and limits memory and disk', (_, workload) => {
    for (const { resources } of containersOf(workload)) {
      for (const name of ['cpu', 'memory', 'ephemeral-storage']) expect(resources?.requests).toHaveProperty(name)
      for (const name of ['memory', 'ephemeral-storage']) expect(resources?.limits).toHaveProperty(name)
      expect(resources?.limits).not.toHaveProperty('cpu')
    }
    for (const { name, emptyDir } of workload.pod.volumes ?? []) {
      if (emptyDir) expect(emptyDir, `volume ${name}`).toHaveProperty('sizeLimit')
    }
  })

  test.each(each)('%s has an image with a version and, if it is ours, an existing program', (_, workload) => {
    for (const { image, args = [] } of containersOf(workload)) {
      expect(image).toMatch(/:[^:]+$/)
      expect(image).not.toMatch(/:latest$/)
      const program = args.find((argument) => /\.m?js$/.test(argument))
      if (!workload.ours) continue
      expect(program).toBeDefined()
      const source = program?.replace('/dist/', '/src/').replace(/(?<!\bm)\.js$/, '.ts') ?? ''
      expect(existsSync(root(source)), source).toBe(true)
    }
  })

  test.each(lasting)('%s has three different probes', async (_, workload) => {
    for (const container of workload.pod.containers) {
      expect(container.readinessProbe).toBeDefined()
      expect(container.livenessProbe).toBeDefined()
      if (!workload.ours) continue
      const paths = [container.startupProbe, container.readinessProbe, container.livenessProbe].map(
        (probe) => probe?.httpGet?.path,
      )
      expect(paths).toEqual(['/health/startup', '/health/ready', '/health/live'])
      expect(await servedPaths(paths)).toEqual(paths)
    }
  })

  test('the probes reach the health server: it does not listen on loopback only', () => {
    const { data } = named<{ data?: Record<string, string> }>('ConfigMap').find(
      ({ metadata }) => metadata.name === 'beseda',
    ) ?? { data: undefined }
    expect(data?.HEALTH_HOST).toBe('0.0.0.0')
  })

  test.each(lasting.filter(([, { name }]) => name !== 'redis'))('%s is evicted one pod at a time', (_, { labels }) => {
    const budgets = named<IPodDisruptionBudget>('PodDisruptionBudget').filter(({ spec }) =>
      selects(spec?.selector, labels),
    )
    expect(budgets.map(({ spec }) => spec?.maxUnavailable)).toEqual([1])
  })

  test.each(lasting.filter(([, { name, ours }]) => ours || name === 'nats'))(
    '%s is spread over nodes and zones',
    (_, { pod }) => {
      const keys = pod.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)
      expect(keys).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
    },
  )

  test.each(each)('%s refers only to what exists, and to secrets by name', (_, workload) => {
    const { pod } = workload
    for (const { configMap, secret } of pod.volumes ?? []) {
      if (configMap) expect(has('ConfigMap', configMap.name), `ConfigMap ${configMap.name}`).toBe(true)
      if (secret) expect(secret.secretName).toBe('beseda-keys')
    }
    const claims = 'volumeClaimTemplates' in workload.spec ? (workload.spec.volumeClaimTemplates as Manifest[]) : []
    const volumes = [...(pod.volumes ?? []), ...claims.map(({ metadata }) => metadata)].map(({ name }) => name)
    for (const container of containersOf(workload)) {
      for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name)
      for (const { configMapRef, secretRef } of container.envFrom ?? []) {
        if (configMapRef) expect(has('ConfigMap', configMapRef.name)).toBe(true)
        else expect(secretRef?.name).toMatch(/^beseda-/)
      }
      for (const { name, value, valueFrom } of container.env ?? []) {
        if (valueFrom?.secretKeyRef) expect(valueFrom.secretKeyRef.name).toMatch(/^beseda-/)
        if (/PASSWORD|SECRET$|_KEY$|TOKEN/.test(name)) expect(value, `${name} is in the manifest`).toBeUndefined()
      }
    }
    expect(has('ServiceAccount', pod.serviceAccountName)).toBe(true)
  })

  test.each(each)('%s has the keys that it reads and no other', (_, { name, pod }) => {
    const read = keysReadBy(name)
    const named = pod.containers.flatMap(({ env = [] }) => env.map((variable) => variable.name))
    expect(named.filter((variable) => KEY_VARIABLES.includes(variable))).toEqual(read.variables)
    const mounted = (pod.volumes ?? []).flatMap(({ secret }) =>
      secret?.secretName === 'beseda-keys' ? (secret.items?.map(({ key }) => key) ?? KEY_FILES) : [],
    )
    expect(mounted).toEqual(read.files)
  })

  test('every configured variable is documented', () => {
    const known = documentedVariables()
    const map = named('ConfigMap').find(({ metadata }) => metadata.name === 'beseda')
    const set = workloads
      .filter(({ ours }) => ours)
      .flatMap((workload) => containersOf(workload).flatMap(({ env = [] }) => env))
    const names = [...Object.keys(map?.data ?? {}), ...set.map(({ name }) => name)]
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })

  test('the autoscaler sets the number of gateways, scales up at once and down slowly', () => {
    const [autoscaler] = named<IHorizontalPodAutoscaler>('HorizontalPodAutoscaler')
    expect(autoscaler?.spec?.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'gateway' })
    expect(workloads.find(({ name }) => name === 'gateway')?.spec).not.toHaveProperty('replicas')
    const { scaleUp, scaleDown } = autoscaler?.spec?.behavior ?? {}
    expect(scaleUp?.stabilizationWindowSeconds).toBe(0)
    expect(scaleDown?.stabilizationWindowSeconds).toBeGreaterThanOrEqual(300)
    expect(scaleDown?.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 120 }])
    const monitored = has('PodMonitor', 'beseda')
    expect(autoscaler?.spec?.metrics?.map(({ type }) => type)).toEqual(monitored ? ['Resource', 'Pods'] : ['Resource'])
  })

  test('a gateway has time to leave load balancers, to move its clients and to close', () => {
    const pod = workloads.find(({ name }) => name === 'gateway')?.pod
    const wait = pod?.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0
    expect(wait).toBeGreaterThanOrEqual(5)
    const drain = pod?.containers[0]?.env?.find(({ name }) => name === 'MAX_DRAIN_SECONDS')?.value
    expect(Number(drain)).toBeGreaterThan(0)
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(wait + Number(drain) + CLOSING_S)
  })

  test('NATS may use most of its volume, as an explicit limit', () => {
    const nats = workloads.find(({ name }) => name === 'nats')
    expect(nats === undefined).toBe(overlay === 'base')
    if (!nats) return
    const { volumeClaimTemplates } = nats.spec as IStatefulSet['spec'] & object
    const volume = quantity(volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage)
    const limit = quantity(nats.pod.containers[0]?.env?.find(({ name }) => name === 'NATS_MAX_STORE')?.value)
    expect(limit).toBeLessThan(volume)
    expect(limit).toBeGreaterThan(0.8 * volume)
    const config = named<{ data?: Record<string, string> }>('ConfigMap').find(
      ({ metadata }) => metadata.name === 'beseda',
    )
    // Files leave room for what people write.
    expect(Number(config?.data?.FILES_MAX_GB)).toBeGreaterThan(0.5 * limit)
    expect(Number(config?.data?.FILES_MAX_GB)).toBeLessThan(0.7 * limit)
  })

  test('a NATS server has time to hand its connections over before it is killed', () => {
    const nats = workloads.find(({ name }) => name === 'nats')
    const config = readFileSync(root('deploy/nats/nats.conf'), 'utf8')
    const seconds = (name: string) => Number(new RegExp(`^${name}: "(\\d+)s"`, 'm').exec(config)?.[1])
    const takes = seconds('lame_duck_grace_period') + seconds('lame_duck_duration')
    expect(nats?.pod.terminationGracePeriodSeconds ?? 90).toBeGreaterThan(takes + CLOSING_S)
  })

  test('services select existing pods and ports', () => {
    for (const { metadata, spec } of named<IService>('Service')) {
      const targets = workloads.filter(({ labels }) => selects({ matchLabels: spec?.selector ?? {} }, labels))
      expect(targets.length, metadata.name).toBeGreaterThan(0)
      const ports = targets.flatMap((target) => containersOf(target).flatMap((container) => container.ports ?? []))
      for (const { targetPort } of spec?.ports ?? []) {
        expect(ports.some(({ name, containerPort }) => targetPort === name || targetPort === containerPort)).toBe(true)
      }
    }
  })
})

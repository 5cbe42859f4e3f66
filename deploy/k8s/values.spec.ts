import { readdirSync, readFileSync } from 'node:fs'
import type { IPodSpec } from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { policiesOf, render, workloadsOf } from './testing/render.js'

/** Values for third-party charts. Their results were inspected with `helm template` and the versions that each file names. */
const here = (path: string) => new URL(path, import.meta.url)
const values = <T>(name: string) => parse(readFileSync(here(`values/${name}.yaml`), 'utf8')) as T
const RESTRICTED = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }

test.each(readdirSync(here('values')))('%s names its chart', (file) => {
  expect(readFileSync(here(`values/${file}`), 'utf8')).toMatch(/^# Helm: [a-z-]+\/[a-z-]+/)
})

describe('NATS by its own chart', () => {
  const nats = values<{
    config: {
      cluster: { enabled: boolean; replicas: number }
      jetstream: { fileStore: { pvc: { size: string }; maxSize: string }; merge: object }
    }
    container: { env: Record<string, string | object>; merge: object }
    podTemplate: { topologySpreadConstraints: object; merge: { spec: IPodSpec } }
    extraResources: { kind: string; spec: object }[]
  }>('nats')
  const production = render('overlays/production')
  const ours = workloadsOf(production).find(({ name }) => name === 'nats')

  test('matches ours: three servers, one per node, acknowledged when on disk, with the same users', () => {
    const { cluster, jetstream } = nats.config
    expect(cluster).toEqual({ enabled: true, replicas: (ours?.spec as { replicas?: number } | undefined)?.replicas })
    expect(jetstream.merge).toEqual({ sync_interval: 'always' })
    const env = new Map(
      ours?.pod.containers[0]?.env?.map(({ name, value, valueFrom }) => [name, value ?? { valueFrom }]),
    )
    env.delete('POD_NAME')
    expect(nats.container.env).toEqual(Object.fromEntries(env))
    expect(jetstream.fileStore.maxSize).toBe(nats.container.env.NATS_MAX_STORE)
    const spread = ours?.pod.topologySpreadConstraints?.map(({ topologyKey, maxSkew, whenUnsatisfiable }) => [
      topologyKey,
      { maxSkew, whenUnsatisfiable },
    ])
    expect(nats.podTemplate.topologySpreadConstraints).toEqual(Object.fromEntries(spread ?? []))
  })

  test('runs restricted, and allows the same connections as ours', () => {
    expect(nats.podTemplate.merge.spec.securityContext).toEqual(ours?.pod.securityContext)
    const { resources, securityContext } = ours?.pod.containers[0] ?? {}
    expect(nats.container.merge).toEqual({ resources, securityContext })
    const [guard] = ours?.pod.initContainers ?? []
    expect(nats.podTemplate.merge.spec.initContainers).toEqual([
      {
        ...guard,
        command: guard?.command?.map((word) => word.replace('/etc/nats/', '/etc/beseda/')),
        volumeMounts: [
          { name: 'nats-js', mountPath: '/data', readOnly: true },
          { name: 'beseda', mountPath: '/etc/beseda', readOnly: true },
        ],
      },
    ])
    const policy = policiesOf(production).find(({ metadata }) => metadata.name === 'nats')
    const [first, second] = policy?.spec?.ingress ?? []
    expect(nats.extraResources).toMatchObject([
      { kind: 'NetworkPolicy', spec: { ingress: [{ from: first?.from }, { from: second?.from }] } },
    ])
  })
})

test('LiveKit has its own nodes, runs restricted, and has its keys in a secret, asks no server of others, and each node is by itself', () => {
  const livekit = values<Record<string, unknown>>('livekit')
  expect(livekit).toMatchObject({
    nodeSelector: { 'beseda.dev/sfu': 'true' },
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    securityContext: RESTRICTED,
    storeKeysInSecret: { enabled: true, existingSecret: 'beseda-livekit' },
    replicaCount: 1,
    deploymentStrategy: { type: 'Recreate' },
    livekit: { room: { auto_create: false }, turn: { enabled: false }, rtc: { use_external_ip: false } },
  })
  expect(livekit.livekit).not.toHaveProperty('keys')
  expect(livekit.livekit).not.toHaveProperty('redis')
})

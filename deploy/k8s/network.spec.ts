import { describe, expect, test } from 'vitest'
import { connections, deadPorts, entrances } from './testing/network.js'
import { OVERLAYS, PROCESSES, policiesOf, render, workloadsOf } from './testing/render.js'

const from = (sources: readonly string[], ...targets: readonly string[]) =>
  sources.flatMap((source) => targets.map((target) => `${source} -> ${target}`))

/** All allowed connections between pods. Change this list only on purpose. */
const BETWEEN: Readonly<Record<(typeof OVERLAYS)[number], readonly string[]>> = (() => {
  const stores = [
    ...from([...PROCESSES, 'log-setup'], 'nats:4222'),
    ...from(['gateway', 'call', 'presence', 'notify'], 'redis:6379'),
    'nats -> nats:6222',
    'group -> nats:8222',
  ]
  const traces = from(PROCESSES, 'otel-collector:4318')
  const backup = ['backup -> nats:4222']
  return {
    base: [],
    'overlays/trial': [...stores, ...backup],
    'overlays/trial-of-0.1': [...stores, ...backup],
    'overlays/ingress': stores,
    'overlays/production': [...stores, ...traces, ...backup],
    'overlays/zones': [...stores, ...traces, ...backup],
  }
})()

/** All allowed connections from outside the namespace. */
const INTO: Readonly<Record<(typeof OVERLAYS)[number], readonly string[]>> = (() => {
  const production = ['gateway-system -> gateway:http', ...from(['monitoring'], ...PROCESSES.map((p) => `${p}:health`))]
  return {
    base: [],
    'overlays/trial': ['anywhere -> gateway:http'],
    'overlays/trial-of-0.1': ['anywhere -> gateway:http'],
    'overlays/ingress': ['ingress-nginx -> gateway:http'],
    'overlays/production': production,
    'overlays/zones': production,
  }
})()

describe.each(OVERLAYS)('%s', (overlay) => {
  const manifests = render(overlay)
  const workloads = workloadsOf(manifests)

  test('everything is denied by default, in both directions', () => {
    const deny = policiesOf(manifests).find(({ metadata }) => metadata.name === 'default-deny')
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  })

  test('only the listed pods may connect to each other', () => {
    expect(new Set(connections(manifests, workloads))).toEqual(new Set(BETWEEN[overlay]))
  })

  test('only the listed sources may connect from outside', () => {
    expect(new Set(entrances(manifests, workloads))).toEqual(new Set(INTO[overlay]))
  })

  test('every port in a policy exists on its pods', () => {
    // In the base, the stores are elsewhere: there is no pod to compare with.
    const bound = overlay === 'base' ? manifests.filter(({ metadata }) => metadata.name === 'gateway') : manifests
    expect(overlay === 'base' ? [] : deadPorts(bound, workloads)).toEqual([])
  })
})

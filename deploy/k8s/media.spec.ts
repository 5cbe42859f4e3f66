import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { containersOf, render, workloadsOf } from './testing/render.js'

const manifests = render('overlays/media')
const [coturn] = workloadsOf(manifests)

test('media has its own namespace and nodes', () => {
  expect(
    new Set(manifests.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace)),
  ).toEqual(new Set(['beseda-media']))
  expect(coturn?.pod.nodeSelector).toEqual({ 'beseda.dev/media': 'true' })
  expect(coturn?.pod.hostNetwork).toBe(true)
})

/** The file of coturn's program has this capability: where it may not be had, the kernel does not start the program. */
const KEPT = { drop: ['ALL'], add: ['NET_BIND_SERVICE'] }

test('it has no extra rights except the host’s network and what its program needs to start', () => {
  const [container] = coturn ? containersOf(coturn) : []
  expect(coturn?.pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: KEPT,
  })
  for (const name of ['memory', 'ephemeral-storage']) expect(container?.resources?.limits).toHaveProperty(name)
  for (const { valueFrom, value } of container?.env ?? []) {
    expect(value).toBeUndefined()
    expect(valueFrom?.secretKeyRef?.name).toBe('beseda-turn')
  }
  // Everybody on a node can read the arguments of its processes.
  expect(container?.command).toEqual(['sh', '/etc/coturn/start.sh'])
  expect(container?.args?.filter((argument) => argument.includes('$('))).toEqual([])
})

test('behind NAT each node finds its public address', () => {
  const variablesOf = (overlay: string) => workloadsOf(render(overlay))[0]?.pod.containers[0]?.env ?? []
  expect(variablesOf('overlays/media-nat')).toEqual([
    ...variablesOf('overlays/media'),
    { name: 'TURN_EXTERNAL_IP', value: 'detect' },
  ])
})

test('it runs the configuration that is tested on a real coturn', () => {
  const config = manifests.find(({ kind }) => kind === 'ConfigMap')
  for (const name of ['turnserver.conf', 'start.sh']) {
    expect(config?.data?.[name]).toBe(readFileSync(new URL(`../coturn/${name}`, import.meta.url), 'utf8'))
  }
  expect(coturn?.pod.volumes?.find(({ name }) => name === 'config')?.configMap?.name).toBe(config?.metadata.name)
})

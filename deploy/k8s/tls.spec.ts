import { expect, test } from 'vitest'
import { containersOf, type Manifest, render, workloadsOf } from './testing/render.js'

const manifests = render('testing/with-tls')
const workloads = workloadsOf(manifests)
const data = (manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'beseda') as Manifest)
  .data
const mountsOf = (name: string) =>
  workloads
    .filter((workload) => workload.name === name)
    .flatMap(({ pod }) => pod.volumes ?? [])
    .flatMap(({ secret }) =>
      secret?.secretName === 'beseda-internal-tls' ? [secret.items?.map(({ key }) => key) ?? 'all'] : [],
    )

test('every process is told to speak TLS, and has the authority alone; the servers have the key', () => {
  expect(data).toMatchObject({
    NATS_URL: 'tls://nats:4222',
    NATS_CA_FILE: '/tls/ca.crt',
    REDIS_URL: 'rediss://redis:6379',
    REDIS_CA_FILE: '/tls/ca.crt',
  })
  const ours = workloads.filter(({ ours: own }) => own).map(({ name }) => name)
  expect(ours).toEqual(expect.arrayContaining(['gateway', 'identity', 'group', 'log-setup', 'backup']))
  expect(ours.map((name) => [name, mountsOf(name)])).toEqual(ours.map((name) => [name, [['ca.crt']]]))
  expect([mountsOf('nats'), mountsOf('redis')]).toEqual([['all'], ['all']])
})

test('NATS and Redis start with their configuration for TLS, from ConfigMaps that have it', () => {
  const [nats, redis] = ['nats', 'redis'].map((name) => workloads.find((workload) => workload.name === name))
  const server = nats && containersOf(nats).find(({ name }) => name === 'nats')
  expect(server?.args?.slice(0, 2)).toEqual(['--config', '/etc/nats/tls.conf'])
  expect(redis?.pod.containers[0]).toMatchObject({ command: ['sh', '/etc/redis/start.sh'] })
  for (const [workload, file] of [
    [nats, 'tls.conf'],
    [redis, 'start.sh'],
  ] as const) {
    const name = workload?.pod.volumes?.find((volume) => volume.name === 'config')?.configMap?.name
    const config = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)
    expect(Object.keys(config?.data ?? {})).toContain(file)
  }
})

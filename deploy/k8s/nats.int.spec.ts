import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUpLog } from '@beseda/platform'
import { freePorts, natsEnvironment, ServerProcess } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { render, type Workload, workloadsOf } from './testing/render.js'

const CONFIG = fileURLToPath(new URL('../nats/nats.conf', import.meta.url))

interface Ports {
  readonly client: number
  readonly cluster: number
  readonly monitor: number
}

const portsFor = async (nodes: number): Promise<Ports[]> => {
  const free = await freePorts(nodes * 3)
  return Array.from({ length: nodes }, (_, i) => ({
    client: free[i * 3] ?? 0,
    cluster: free[i * 3 + 1] ?? 0,
    monitor: free[i * 3 + 2] ?? 0,
  }))
}

interface Varz {
  readonly jetstream: { readonly config: { readonly max_storage: number } }
}

/** The server's arguments from the manifest, with the pod's paths replaced by paths of this machine. */
function argsOf({ pod }: Workload, folder: string, own: Ports, all: readonly Ports[], name: string): string[] {
  const routes = all.map(({ cluster }) => `nats://127.0.0.1:${cluster}`).join(',')
  const places: Readonly<Record<string, string>> = {
    '/etc/nats/nats.conf': CONFIG,
    '$(POD_NAME)': name,
    'nats://0.0.0.0:6222': `nats://127.0.0.1:${own.cluster}`,
    'nats://nats-headless:6222': routes,
    '/data': join(folder, name),
    '8222': String(own.monitor),
    '/tmp/nats.pid': join(folder, `${name}.pid`),
  }
  const args = (pod.containers[0]?.args ?? []).map((argument) => places[argument] ?? argument)
  return [...args, '--addr', '127.0.0.1', '--port', String(own.client)]
}

/** Paths of the probes, as the kubelet would request them. */
const probesOf = ({ pod }: Workload): string[] =>
  [pod.containers[0]?.startupProbe, pod.containers[0]?.readinessProbe, pod.containers[0]?.livenessProbe].map(
    (probe) => probe?.httpGet?.path ?? '',
  )

test.each(['overlays/trial', 'overlays/production'])(
  'the NATS of %s starts, is healthy and accepts the log',
  async (overlay) => {
    const manifests = render(overlay)
    const nats = workloadsOf(manifests).find(({ name }) => name === 'nats')
    const config = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'beseda')?.data
    if (!nats) throw new Error('there is no NATS')
    const nodes = (nats.spec as { replicas: number }).replicas
    const replicas = Number(config?.STREAM_REPLICAS)
    expect(replicas).toBe(nodes)

    const folder = await mkdtemp(join(tmpdir(), 'beseda-k8s-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const ports = await portsFor(nodes)
    const healthy = async ({ monitor }: Ports) => {
      const answers = probesOf(nats).map(async (path) => (await fetch(`http://127.0.0.1:${monitor}${path}`)).status)
      return (await Promise.all(answers)).every((status) => status === 200)
    }
    await Promise.all(
      ports.map(async (own, i) => {
        const args = argsOf(nats, folder, own, ports, `nats-${i}`)
        const limit = nats.pod.containers[0]?.env?.find(({ name }) => name === 'NATS_MAX_STORE')?.value ?? ''
        const env = { ...natsEnvironment(), NATS_MAX_STORE: limit }
        const server = await ServerProcess.start('nats-server', args, () => healthy(own), env)
        onTestFinished(() => server.kill())
        const { jetstream } = (await (await fetch(`http://127.0.0.1:${own.monitor}/varz`)).json()) as Varz
        expect(`${jetstream.config.max_storage / 2 ** 30}GiB`).toBe(limit)
      }),
    )

    const servers = ports.map(({ client }) => `127.0.0.1:${client}`)
    const admin = await connect({ servers, user: 'admin', pass: natsEnvironment().NATS_PASSWORD_ADMIN ?? '' })
    onTestFinished(() => admin.close())
    await expect.poll(() => setUpLog(admin, { partitions: 1, replicas }).then(() => 'ok', String)).toBe('ok')
    const stream = await (await jetstreamManager(admin)).streams.info('HISTORY_0')
    expect(stream.config.num_replicas).toBe(replicas)
  },
)

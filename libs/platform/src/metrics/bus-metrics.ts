import { lookup } from 'node:dns/promises'
import { Gauge, type Registry } from 'prom-client'

const TIMEOUT_MS = 1_000

interface Server {
  readonly server_name: string
  readonly jetstream?: {
    readonly config?: { readonly max_storage: number }
    readonly stats?: { readonly storage: number }
  }
}

/**
 * Storage of the NATS servers, fetched at each scrape. `url` is their monitoring endpoint (https://docs.nats.io, /varz); a name with
 * several addresses stands for several servers. A server that does not answer keeps its last values; `beseda_log_replicas` shows that
 * it is gone.
 */
export function observeBusStorage(registry: Registry, url: string): void {
  const labelled = { labelNames: ['server'] as const, registers: [registry] }
  const limit = new Gauge({
    name: 'beseda_bus_storage_limit_bytes',
    help: 'Bytes that a NATS server may store on disk.',
    ...labelled,
  })
  const used = new Gauge({
    name: 'beseda_bus_storage_bytes',
    help: 'Bytes that a NATS server stores on disk.',
    ...labelled,
    async collect() {
      // A bus that does not answer has no figures; its own alert says that it is down.
      const servers = await serversAt(url).catch(() => [])
      for (const { server_name: server, jetstream } of servers) {
        used.set({ server }, jetstream?.stats?.storage ?? 0)
        limit.set({ server }, jetstream?.config?.max_storage ?? 0)
      }
    },
  })
}

async function serversAt(url: string): Promise<Server[]> {
  const { hostname, port } = new URL(url)
  const addresses = await lookup(hostname, { all: true })
  const answers = await Promise.allSettled(
    addresses.map(async ({ address, family }) => {
      const host = family === 6 ? `[${address}]` : address
      const answer = await fetch(`http://${host}:${port}/varz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      return (await answer.json()) as Server
    }),
  )
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

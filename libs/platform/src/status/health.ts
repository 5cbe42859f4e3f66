import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { RUNNING } from './version.js'

type Check = () => boolean | Promise<boolean>

/**
 * Health of a process: live while it runs, started once all named checks have held at the same time, ready while all hold.
 */
export class Health {
  readonly #checks = new Map<string, Check>()
  #leaving = false
  #started = false

  addReadiness(name: string, check: Check): void {
    this.#checks.set(name, check)
  }

  /** The process is not ready any more: it finishes its work and takes no more. */
  leave(): void {
    this.#leaving = true
  }

  /** Names of the checks that fail. */
  async unready(): Promise<readonly string[]> {
    return (await this.checked()).unready
  }

  /** Names of the checks that hold, and of those that fail. */
  async checked(): Promise<{ readonly ready: readonly string[]; readonly unready: readonly string[] }> {
    if (this.#leaving) return { ready: [], unready: ['leaving'] }
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        const holds = await Promise.resolve()
          .then(check)
          // A check that fails does not hold.
          .catch(() => false)
        return { name, holds }
      }),
    )
    const { ready = [], unready = [] } = Object.groupBy(results, ({ holds }) => (holds ? 'ready' : 'unready'))
    this.#started ||= unready.length === 0
    return { ready: ready.map(({ name }) => name), unready: unready.map(({ name }) => name) }
  }

  /** Names of the checks that have kept the process from starting; empty once it has started. */
  async unstarted(): Promise<readonly string[]> {
    return this.#started ? [] : this.unready()
  }
}

/** Where the health server listens; port 0 is any free one. */
export interface HealthAddress {
  readonly host: string
  readonly port: number
}

/** `/health/live`, `/health/startup`, `/health/ready`, `/version` and `/metrics` over HTTP, for operators only. */
export async function serveHealth(health: Health, metrics: Registry, at: HealthAddress): Promise<Server> {
  const server = createServer((request, response) => {
    // The probe sees that it failed.
    answer(request.url ?? '', health, metrics, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, resolve)
  })
  server.unref()
  return server
}

async function answer(url: string, health: Health, metrics: Registry, response: ServerResponse): Promise<void> {
  if (url === '/health/live') {
    response.end('live\n')
  } else if (url === '/health/ready') {
    report(response, 'ready', await health.unready())
  } else if (url === '/health/startup') {
    report(response, 'started', await health.unstarted())
  } else if (url === '/version') {
    response.setHeader('Content-Type', 'application/json').end(`${JSON.stringify(RUNNING)}\n`)
  } else if (url === '/metrics') {
    response.setHeader('Content-Type', metrics.contentType).end(await metrics.metrics())
  } else {
    response.writeHead(404).end()
  }
}

function report(response: ServerResponse, holds: string, failing: readonly string[]): void {
  response.writeHead(failing.length === 0 ? 200 : 503).end(`${failing.length === 0 ? holds : failing.join('\n')}\n`)
}

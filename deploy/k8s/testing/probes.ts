import type { AddressInfo } from 'node:net'
import { Health, serveHealth } from '@beseda/platform'
import { Registry } from 'prom-client'

/** Those of the paths that a process's health server serves. */
export async function servedPaths(paths: readonly (string | undefined)[]): Promise<string[]> {
  const server = await serveHealth(new Health(), new Registry(), { host: '127.0.0.1', port: 0 })
  try {
    const { port } = server.address() as AddressInfo
    const answers = await Promise.all(paths.map((path) => fetch(`http://127.0.0.1:${port}${path}`)))
    return paths.filter((path, i): path is string => path !== undefined && answers[i]?.status === 200)
  } finally {
    server.close()
  }
}

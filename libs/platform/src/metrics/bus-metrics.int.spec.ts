import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { observeBusStorage } from './bus-metrics.js'

test('storage of a NATS server is fetched at each scrape, and kept while the server does not answer', async () => {
  let storage = 10
  const server = createServer((request, response) => {
    const answer = { server_name: 'n1', jetstream: { config: { max_storage: 100 }, stats: { storage } } }
    response.end(request.url === '/varz' ? JSON.stringify(answer) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const registry = new Registry()
  observeBusStorage(registry, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const scrape = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('beseda_bus'))
  expect(await scrape()).toContain('beseda_bus_storage_bytes{server="n1"} 10')
  storage = 20
  const later = await scrape()
  expect(later).toContain('beseda_bus_storage_bytes{server="n1"} 20')
  expect(later).toContain('beseda_bus_storage_limit_bytes{server="n1"} 100')
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(await scrape()).toEqual(later)
})

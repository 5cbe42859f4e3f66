import type { AddressInfo } from 'node:net'
import { Counter, Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { Health, serveHealth } from './health.js'

async function start() {
  const health = new Health()
  const metrics = new Registry()
  const server = await serveHealth(health, metrics, { host: '127.0.0.1', port: 0 })
  onTestFinished(() => void server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { health, metrics, server, get: (path: string) => fetch(base + path) }
}

test('ready only while every check holds, and the answer names those that fail', async () => {
  const { health, get } = await start()
  let caughtUp = false
  health.addReadiness('view', () => caughtUp)
  health.addReadiness('broken', () => Promise.reject(new Error('no')))
  const before = await get('/health/ready')
  expect([before.status, await before.text()]).toEqual([503, 'view\nbroken\n'])
  caughtUp = true
  health.addReadiness('broken', () => true)
  expect((await get('/health/ready')).status).toBe(200)
})

test('started once all checks have held together, and still started when one fails later', async () => {
  const { health, get } = await start()
  let holds = false
  health.addReadiness('view', () => holds)
  expect((await get('/health/startup')).status).toBe(503)
  holds = true
  expect((await get('/health/startup')).status).toBe(200)
  holds = false
  expect((await get('/health/startup')).status).toBe(200)
  expect((await get('/health/ready')).status).toBe(503)
})

test('a leaving process is live but not ready', async () => {
  const { health, get } = await start()
  health.leave()
  expect((await get('/health/live')).status).toBe(200)
  expect((await get('/health/ready')).status).toBe(503)
})

test('nobody reaches it at another address than the one it is told', async () => {
  const { server } = await start()
  expect(server.address()).toMatchObject({ address: '127.0.0.1' })
})

test('metrics are in the text format of Prometheus; anything else is not found', async () => {
  const { metrics, get } = await start()
  new Counter({ name: 'beseda_things_total', help: 'Things.', registers: [metrics] }).inc(3)
  expect(await (await get('/metrics')).text()).toContain('beseda_things_total 3')
  expect((await get('/other')).status).toBe(404)
  expect(await (await get('/version')).json()).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    commit: 'unknown',
  })
})

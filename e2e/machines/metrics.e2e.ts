import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { apiClient, freePort, Installation, PASSWORD, Person, ServerProcess } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { GROUPS } from '../../deploy/monitoring/alerts.mjs'
import { DASHBOARDS } from '../../deploy/monitoring/dashboards.mjs'

const RULES = fileURLToPath(new URL('../../deploy/monitoring/rules/beseda.yml', import.meta.url))

let beseda: Installation
let prometheus: ServerProcess
let url: string
let folder: string

/** One request to Prometheus' own API. */
async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`${url}/api/v1/${path}`)
  const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string }
  if (status !== 'success') throw new Error(`${path}: ${error}`)
  return data
}

beforeAll(async () => {
  // Nobody answers there: the export and the mail wait, and tell how long.
  const mail = { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'chat@example.org', MAIL: 'true' }
  beseda = await Installation.start({ KAFKA_BROKERS: '127.0.0.1:1', ...mail })
  folder = await mkdtemp(join(tmpdir(), 'beseda-prometheus-'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: [{ job_name: 'beseda', static_configs: [{ targets: Object.values(beseda.healthAddresses()) }] }],
  }
  await writeFile(join(folder, 'prometheus.yml'), stringify(config))
  url = `http://127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${url.slice(7)}`,
  ]
  prometheus = await ServerProcess.start('prometheus', args, async () => (await fetch(`${url}/-/ready`)).ok)
})
afterAll(async () => {
  await prometheus?.kill('SIGTERM')
  await beseda?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** Actions of people, so that every counter has something to count. */
async function talk(): Promise<void> {
  const [ann, bob, eve] = [
    await Person.register(beseda.url),
    await Person.register(beseda.url),
    await Person.register(beseda.url),
  ]
  const { group } = await ann.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: 'Measured',
    memberIds: [bob.userId],
  })
  const groupId = group?.id ?? ''
  const devices = [await ann.connect(), await bob.connect(beseda.url2)]
  await ann.groups.postMessage({ messageId: newId(), groupId, text: 'counted' })
  for (const device of devices) await device.sees(groupId, 1)
  for (const device of devices) device.close()
  await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [eve.userId] })
  await ann.calls.startCall({ callId: newId(), groupId, ring: true })
  const device = { id: newId(), name: 'Another' }
  await apiClient(IdentityService, beseda.url).signIn({ username: eve.username, password: PASSWORD, device })
}

/** Our metric names in an expression; those of Prometheus and Node are left out. */
const metricsIn = (expr: string): string[] => expr.match(/\b(?:beseda|nodejs|process)_[a-z0-9_]+/g) ?? []
const expressions = [
  ...GROUPS.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ...DASHBOARDS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
]

test('Prometheus scrapes every process of the platform', async () => {
  type Targets = { activeTargets: { scrapeUrl: string; health: string; lastError: string }[] }
  const unwell = async () => {
    const { activeTargets } = await ask<Targets>('targets')
    expect(activeTargets).toHaveLength(Object.keys(beseda.healthAddresses()).length)
    return activeTargets
      .filter(({ health }) => health !== 'up')
      .map(({ scrapeUrl, lastError }) => `${scrapeUrl} ${lastError}`)
  }
  await expect.poll(unwell).toEqual([])
})

test('every metric in a dashboard or an alert exists in the running system', async () => {
  await talk()
  const wanted = new Set(expressions.flatMap(metricsIn))
  expect(wanted.size).toBeGreaterThan(20)
  const missing = async () => {
    const known = new Set(await ask<string[]>('label/__name__/values'))
    return [...wanted].filter((name) => !known.has(name))
  }
  await expect.poll(missing).toEqual([])
})

test('the storage of NATS is reported under the name of its server', async () => {
  type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] }
  const query = encodeURIComponent('beseda_bus_storage_bytes / beseda_bus_storage_limit_bytes')
  const share = async () => (await ask<Vector>(`query?query=${query}`)).result
  await expect.poll(share).toMatchObject([{ metric: { server: 'beseda' } }])
  const [one] = await share()
  expect(Number(one?.value[1])).toBeGreaterThan(0)
  expect(Number(one?.value[1])).toBeLessThan(1)
})

test('Prometheus can answer every query of a dashboard', async () => {
  for (const expr of expressions) {
    const query = expr.replaceAll('$__rate_interval', '1m')
    await ask(`query?query=${encodeURIComponent(query)}`)
  }
})

test('every rule is evaluated, and none fires on a healthy system', async () => {
  type Rules = { groups: { rules: { name: string; health: string; state: string; lastError?: string }[] }[] }
  const rules = async () => (await ask<Rules>('rules')).groups.flatMap((group) => group.rules)
  await expect.poll(async () => new Set((await rules()).map(({ health }) => health))).toEqual(new Set(['ok']))
  expect((await rules()).filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([])
})

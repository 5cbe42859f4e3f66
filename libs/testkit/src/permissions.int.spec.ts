import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUpLog } from '@beseda/platform'
import {
  calendarSubject,
  historySubject,
  NOTIFY_STREAM,
  notifySettingsSubject,
  rpcSubject,
  usernameSubject,
  viewCopySubject,
} from '@beseda/proto'
import { Exposure } from '@beseda/proto/common/v1/policy'
import { allMethods, methodPath, policyOf, serviceName } from '@beseda/rpc'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLED_BY } from './access.js'
import { PATIENCE_MS } from './patience.js'
import { NATS_USERS, type NatsUser, startNats, type TestNats } from './servers/nats.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** deploy/nats/nats.conf on a real server: who may publish and subscribe where. */
let nats: TestNats
beforeAll(async () => {
  nats = await startNats({ config: 'production' })
  const admin = await nats.connect('admin')
  await setUpLog(admin, { partitions: 2, replicas: 1 })
  await admin.close()
})
afterAll(() => nats.stop())

const writers: [string, ...NatsUser[]][] = [
  [historySubject(0, 'g', 'group'), 'group'],
  [historySubject(0, 'g', 'messages'), 'group'],
  [historySubject(1, 'g', 'roster'), 'membership', 'group'],
  [historySubject(1, 'g', 'calls'), 'call', 'group'],
  [calendarSubject('u'), 'group'],
  [usernameSubject('k'), 'identity'],
  [notifySettingsSubject('u'), 'notify'],
]

async function outcome(user: NatsUser, subject: string): Promise<string> {
  const connection = await nats.connect(user)
  try {
    await jetstream(connection, { timeout: PATIENCE_MS }).publish(subject, 'x')
    return 'stored'
  } catch (error) {
    return /permissions violation/i.test(String(error)) ? 'refused' : String(error)
  } finally {
    await connection.close()
  }
}

test.each(writers)('%s is written by %s and by nobody else', async (subject, ...owners) => {
  for (const user of NATS_USERS.filter((name) => name !== 'admin')) {
    expect([user, await outcome(user, subject)]).toEqual([user, owners.includes(user) ? 'stored' : 'refused'])
  }
})

test.each(NATS_USERS.filter((name) => name !== 'admin' && name !== 'identity'))(
  '%s cannot read accounts',
  async (user) => {
    const connection = await nats.connect(user)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: PATIENCE_MS })
    await expect(manager.streams.info('IDENTITY')).rejects.toThrow(/permissions violation/i)
    await expect(manager.direct.getMessage('IDENTITY', { seq: 1 })).rejects.toThrow(/permissions violation/i)
    await connection.close()
  },
)

test.each(NATS_USERS.filter((name) => name !== 'admin' && name !== 'notify'))(
  '%s cannot read where devices are reached',
  async (user) => {
    const connection = await nats.connect(user)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: PATIENCE_MS })
    await expect(manager.direct.getMessage(NOTIFY_STREAM, { seq: 1 })).rejects.toThrow(/permissions violation/i)
    const heard = new Promise((resolve) => {
      connection.subscribe('fan-notify.>', { callback: (error) => resolve(error?.message) })
    })
    expect(await heard).toMatch(/permissions violation/i)
    await connection.close()
  },
)

/** Whether the server permits this request; no service is there to answer. */
async function asks(connection: NatsConnection, subject: string): Promise<'passed' | 'refused'> {
  const error = await connection.request(subject, 'x', { timeout: PATIENCE_MS }).catch(String)
  return /permissions violation/i.test(String(error)) ? 'refused' : 'passed'
}

const METHODS = allMethods().map((method) => {
  const path = methodPath(method)
  const isForPeople = policyOf(method).exposure >= Exposure.ANYBODY
  const callers = [...(CALLED_BY.get(path) ?? []), ...(isForPeople ? (['gateway'] as const) : [])]
  return { path, isForPeople, callers, subject: rpcSubject(serviceName(method.parent), 'any', method.name) }
})

test('somebody has decided which services call a method that is not for people, and nothing about a method that is not there', () => {
  for (const { path, isForPeople } of METHODS) expect([path, isForPeople || CALLED_BY.has(path)]).toEqual([path, true])
  const all = METHODS.map(({ path }) => path)
  for (const path of CALLED_BY.keys()) expect(all).toContain(path)
})

test.each(NATS_USERS.filter((name) => name !== 'admin'))(
  '%s may call the methods that it needs, and no others',
  async (user) => {
    const connection = await nats.connect(user)
    const outcomes = await Promise.all(
      METHODS.map(async ({ path, subject }) => [path, await asks(connection, subject)] as const),
    )
    const wanted = METHODS.map(({ path, callers }) => [path, callers.includes(user) ? 'passed' : 'refused'])
    expect(outcomes).toEqual(wanted)
    for (const subject of ['rpc.somebody.any.Else', 'rpc.group', 'rpc.identity.any.Get.Me']) {
      expect([subject, await asks(connection, subject)]).toEqual([subject, 'refused'])
    }
    await connection.close()
  },
)

/** What the server says to somebody who listens there; undefined: nothing, it is permitted. */
async function hears(user: NatsUser, subject: string): Promise<'permitted' | 'refused'> {
  const connection = await nats.connect(user)
  try {
    const refused = new Promise<'refused'>((resolve) => {
      connection.subscribe(subject, { callback: (error) => void (error && resolve('refused')) })
    })
    return await Promise.race([
      refused,
      connection
        .flush()
        .then(() => connection.flush())
        .then(() => 'permitted' as const),
    ])
  } finally {
    await connection.close()
  }
}

/** The services that keep a view, by their sources. */
const KEEPERS = NATS_USERS.filter((service) =>
  globSync(`services/${service}/src/**/*.ts`, { cwd: ROOT }).some((file) =>
    readFileSync(join(ROOT, file), 'utf8').includes('views.open('),
  ),
)

test('services that keep a view are found', () => {
  expect(KEEPERS).toContain('group')
  expect(KEEPERS).not.toContain('presence')
})

test.each(KEEPERS)('copies of views of %s are asked for and given by itself alone', async (owner) => {
  const subject = viewCopySubject(owner, 'view', 'kind')
  const others = NATS_USERS.filter((name) => name !== 'admin' && name !== owner)
  const outcome = async (user: NatsUser, place: string) => {
    const connection = await nats.connect(user)
    const asked = await asks(connection, place)
    await connection.close()
    return [asked, await hears(user, place)]
  }
  for (const place of [subject, `${subject}.copy`]) {
    expect(await outcome(owner, place)).toEqual(['passed', 'permitted'])
    for (const user of others) expect([user, await outcome(user, place)]).toEqual([user, ['refused', 'refused']])
  }
})

test('no service can read the replies of another service', async () => {
  const connection = await nats.connect('group')
  const refused = new Promise((resolve) => {
    connection.subscribe('_INBOX.identity.>', { callback: (error) => resolve(error?.message) })
  })
  expect(await refused).toMatch(/permissions violation/i)
  await connection.close()
})

test('a wrong password is refused', async () => {
  await expect(nats.connect('group', { pass: 'wrong', maxReconnectAttempts: 0 })).rejects.toThrow(/authorization/i)
})

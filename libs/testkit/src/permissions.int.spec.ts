import { setUpLog } from '@beseda/platform'
import { historySubject, NOTIFY_STREAM, notifySettingsSubject, rpcSubject, usernameSubject } from '@beseda/proto'
import { Exposure } from '@beseda/proto/common/v1/policy'
import { allMethods, policyOf, serviceName } from '@beseda/rpc'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NATS_USERS, type NatsUser, startNats, type TestNats } from './nats.js'

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
  [historySubject(1, 'g', 'calls'), 'call'],
  [usernameSubject('k'), 'identity'],
  [notifySettingsSubject('u'), 'notify'],
]

async function outcome(user: NatsUser, subject: string): Promise<string> {
  const connection = await nats.connect(user)
  try {
    await jetstream(connection, { timeout: 700 }).publish(subject, 'x')
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
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 700 })
    await expect(manager.streams.info('IDENTITY')).rejects.toThrow(/permissions violation/i)
    await expect(manager.direct.getMessage('IDENTITY', { seq: 1 })).rejects.toThrow(/permissions violation/i)
    await connection.close()
  },
)

test.each(NATS_USERS.filter((name) => name !== 'admin' && name !== 'notify'))(
  '%s cannot read where devices are reached',
  async (user) => {
    const connection = await nats.connect(user)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 700 })
    await expect(manager.direct.getMessage(NOTIFY_STREAM, { seq: 1 })).rejects.toThrow(/permissions violation/i)
    const heard = new Promise((resolve) => {
      connection.subscribe('fan-notify.>', { callback: (error) => resolve(error?.message) })
    })
    expect(await heard).toMatch(/permissions violation/i)
    await connection.close()
  },
)

/** Whether the server permits this request; no service is there to answer. */
async function asks(user: NatsUser, subject: string): Promise<'passed' | 'refused'> {
  const connection = await nats.connect(user)
  try {
    const error = await connection.request(subject, 'x', { timeout: 700 }).catch(String)
    return /permissions violation/i.test(String(error)) ? 'refused' : 'passed'
  } finally {
    await connection.close()
  }
}

/** Internal methods that the gateway itself calls. */
const GATEWAYS_OWN = new Set([
  'AuthenticateBot',
  'AuthorizeDownload',
  'FindEndedSessions',
  'FinishUpload',
  'GetCallKeys',
  'GetMembership',
  'GetSigningKeys',
  'ListEndedSessions',
  'ListCallDevices',
  'ListGroupIds',
  'PostByWebhook',
  'ReportConnections',
])

test('the gateway may call the methods that clients may call, and the ones it needs, and no others', async () => {
  const methods = allMethods().map((method) => ({
    subject: rpcSubject(serviceName(method.parent), 'any', method.name),
    isIts: policyOf(method).exposure >= Exposure.ANYBODY || GATEWAYS_OWN.has(method.name),
  }))
  const outcomes = await Promise.all(methods.map(async ({ subject }) => [subject, await asks('gateway', subject)]))
  expect(outcomes).toEqual(methods.map(({ subject, isIts }) => [subject, isIts ? 'passed' : 'refused']))
  expect(methods.filter(({ isIts }) => !isIts).length).toBeGreaterThan(3)
  for (const subject of ['rpc.somebody.any.Else', 'rpc.group', 'rpc.identity.any.Get.Me']) {
    expect([subject, await asks('gateway', subject)]).toEqual([subject, 'refused'])
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

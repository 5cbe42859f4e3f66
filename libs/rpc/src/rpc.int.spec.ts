import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { PresenceService, Status } from '@beseda/proto/presence/v1/presence_service'
import { PATIENCE_MS, startNats, type TestNats } from '@beseda/testkit'
import { createClient } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { RpcContext } from './context.js'
import { Inbox } from './inbox.js'
import { errorInfo, methodPath, NatsRpcServer, type NatsRpcServerOptions, natsTransport } from './index.js'
import { headersOf, wireHeaders } from './wire-headers.js'

let nats: TestNats
beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.stop())

const { method } = PresenceService

/** What the handler of a test does with a request. */
type Behaviour = (userIds: readonly string[], context: RpcContext) => Promise<void>

async function serve(behaviour: Behaviour, options: Partial<NatsRpcServerOptions> = {}): Promise<NatsRpcServer> {
  const connection = await nats.connect()
  const server = new NatsRpcServer({ connection, partitions: 'all', ...options })
  server.addHandler(methodPath(method.getPresence), async ({ userIds }: { userIds: string[] }, context: RpcContext) => {
    await behaviour(userIds, context)
    return { presences: userIds.map((userId) => ({ userId, status: Status.ONLINE })) }
  })
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())))
  onTestFinished(async () => {
    await server.close()
    await connection.close()
  })
  return server
}

const clients = new Set<NatsConnection>()
const closeClients = () => Promise.all([...clients].map((connection) => connection.close()))

async function client(timeoutMs?: number) {
  const connection = await nats.connect()
  clients.add(connection)
  onTestFinished(() => connection.close())
  return createClient(
    PresenceService,
    natsTransport(connection, { partitionCount: 4, ...(timeoutMs ? { timeoutMs } : {}) }),
  )
}
const someone = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const reasonOf = async (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: unknown) => ErrorReason[errorInfo(error)?.reason ?? ErrorReason.UNSPECIFIED],
  )

test('a request reaches its handler with its caller, and the answer comes back', async () => {
  let asked: RpcContext | undefined
  await serve(async (_, context) => {
    asked = context
  })
  const presence = await client()
  const headers = { 'Beseda-User': 'ann', 'Beseda-Device': 'laptop' }
  const { presences } = await presence.getPresence({ userIds: [someone] }, { headers })
  expect(presences).toMatchObject([{ userId: someone, status: Status.ONLINE }])
  expect(asked).toMatchObject({ userId: 'ann', deviceId: 'laptop', sessionId: undefined })
  expect(asked?.deadline).toBeGreaterThan(Date.now())
})

test('refusals keep their reason; other errors become INTERNAL', async () => {
  const errors = [new Refusal(ErrorReason.NOT_PERMITTED), new Error('secret')]
  await serve(async () => {
    throw errors.shift()
  })
  const presence = await client()
  expect(await reasonOf(presence.getPresence({}))).toBe('NOT_PERMITTED')
  expect(await reasonOf(presence.getPresence({}))).toBe('INTERNAL')
})

test('a request that breaks the contract does not reach its handler; an unknown method is not found', async () => {
  let handled = 0
  await serve(async () => {
    handled++
  })
  const presence = await client()
  expect(await reasonOf(presence.getPresence({ userIds: ['not an id'] }))).toBe('INVALID_REQUEST')
  expect(await reasonOf(presence.setStatus({ status: Status.IDLE }))).toBe('METHOD_NOT_FOUND')
  expect(handled).toBe(0)
})

test('a call ends at its deadline, and the signal of the handler aborts', async () => {
  let aborted: () => void = () => undefined
  const told = new Promise<void>((resolve) => {
    aborted = resolve
  })
  await serve(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted()
          reject(signal.reason)
        })
      }),
  )
  const presence = await client(200)
  expect(await reasonOf(presence.getPresence({}))).toBe('UNAVAILABLE')
  await told
})

test('a call ends when its signal aborts, with the reason of the signal', async () => {
  const taken = Promise.withResolvers<void>()
  await serve(() => {
    taken.resolve()
    return new Promise(() => undefined)
  })
  const presence = await client()
  const abort = new AbortController()
  const asking = presence.getPresence({}, { signal: abort.signal })
  await taken.promise
  abort.abort(new DOMException('too late', 'TimeoutError'))
  expect(await reasonOf(asking)).toBe('UNAVAILABLE')
  await expect(presence.getPresence({}, { signal: abort.signal })).rejects.toThrow('too late')
})

test('a request that must not be repeated is sent once, whatever becomes of it', async () => {
  const connection = await nats.connect()
  onTestFinished(() => connection.close())
  let requests = 0
  connection.subscribe('rpc.presence.*.ReportConnections', { callback: () => void requests++ })
  await connection.flush()
  const presence = await client(300)
  expect(await reasonOf(presence.reportConnections({}))).toBe('UNAVAILABLE')
  const asking = presence.reportConnections({}, { timeoutMs: PATIENCE_MS })
  await vi.waitFor(() => expect(requests).toBe(2))
  await closeClients()
  expect(await reasonOf(asking)).toBe('UNAVAILABLE')
  expect(requests).toBe(2)
})

test('beyond the limit of running requests callers are told when to come back', async () => {
  const release = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  await serve(
    () => {
      taken.resolve()
      return release.promise
    },
    { maxRunning: 1 },
  )
  const presence = await client()
  const first = presence.getPresence({})
  await taken.promise
  const refused: unknown = await presence.getPresence({}).catch((error: unknown) => error)
  expect(errorInfo(refused)).toMatchObject({ reason: ErrorReason.UNAVAILABLE, retryAfterMs: 1000 })
  release.resolve()
  await first
})

test('a request waits for a service that is starting', async () => {
  const presence = await client()
  const asking = presence.getPresence({ userIds: [someone] })
  await serve(async () => undefined)
  expect((await asking).presences).toHaveLength(1)
})

test('a request whose replica died goes to another one', async () => {
  const connection = await nats.connect()
  const doomed = new NatsRpcServer({ connection, partitions: 'all' })
  let taken: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    taken = resolve
  })
  doomed.addHandler(methodPath(method.getPresence), () => {
    taken()
    return new Promise(() => undefined)
  })
  await new Promise<void>((resolve) => doomed.listen(() => resolve()))
  const presence = await client()
  const asking = presence.getPresence({ userIds: [someone] })
  await begun
  await connection.close()
  await serve(async () => undefined)
  expect((await asking).presences).toHaveLength(1)
})

test('replicas share the requests', async () => {
  const counts = [0, 0]
  for (const i of [0, 1]) {
    await serve(async () => {
      counts[i]!++
    })
  }
  const presence = await client()
  await Promise.all(Array.from({ length: 60 }, () => presence.getPresence({})))
  expect(counts[0]! + counts[1]!).toBe(60)
  expect(Math.min(...counts)).toBeGreaterThan(5)
})

test('a replica that stops finishes the requests that it has taken', async () => {
  let finish: () => void = () => undefined
  let began: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    began = resolve
  })
  const server = await serve(
    () =>
      new Promise((resolve) => {
        finish = resolve
        began()
      }),
  )
  const presence = await client()
  const asking = presence.getPresence({ userIds: [someone] })
  await begun
  const closing = server.close()
  finish()
  expect((await asking).presences).toHaveLength(1)
  await closing
})

test('headers arrive unchanged, with and without spaces', async () => {
  const connection = await nats.connect()
  onTestFinished(() => connection.close())
  const heard = Promise.withResolvers<ReadonlyMap<string, string>>()
  connection.subscribe('headers', { callback: (_, message) => heard.resolve(headersOf(message)) })
  connection.publish('headers', 'text', { headers: wireHeaders({ One: 'a: b', Two: '', Три: 'четыре' }) })
  expect([...(await heard.promise)]).toEqual([
    ['One', 'a: b'],
    ['Two', ''],
    ['Три', 'четыре'],
  ])
  connection.subscribe('none', { callback: (_, message) => void message.respond(String(headersOf(message).size)) })
  expect((await connection.request('none')).string()).toBe('0')
})

test('each request gets its own answer, or the reason why there is none', async () => {
  const connection = await nats.connect()
  connection.subscribe('echo', { callback: (_, message) => void message.respond(message.data) })
  connection.subscribe('silent', { callback: () => undefined })
  const inbox = Inbox.of(connection)
  const ask = (subject: string, text: string, timeoutMs = PATIENCE_MS) =>
    inbox.request(subject, new TextEncoder().encode(text), wireHeaders({}), timeoutMs)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask('echo', String(i))))
  expect(answers.map((answer) => answer.string())).toEqual(Array.from({ length: 100 }, (_, i) => String(i)))
  expect((await ask('echo', '')).data).toHaveLength(0)
  await expect(ask('nobody', '')).rejects.toThrow('no responders')
  await expect(ask('silent', '', 20)).rejects.toThrow('timeout')
  const left = expect(ask('silent', '')).rejects.toThrow('connection closed')
  await connection.close()
  await left
  await expect(ask('echo', '')).rejects.toThrow()
})

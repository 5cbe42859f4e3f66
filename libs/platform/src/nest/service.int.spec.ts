import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/presence/v1/presence_service'
import { PresenceService, Status } from '@beseda/proto/presence/v1/presence_service'
import { Context, errorInfo, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { override, TestSystem } from '@beseda/testkit'
import { Controller, Module } from '@nestjs/common'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Platform } from '../platform.js'
import { provide, provideClass, token } from './provide.js'
import { startService } from './service.js'
import { ENVIRONMENT, PLATFORM_CONFIG } from './tokens.js'

const { method } = PresenceService
const someone = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

/** What the handlers of the test have seen, and what they wait for. */
class Log {
  readonly steps: string[] = []
  user: SignedInUser | undefined
  context: RpcContext | undefined
  handling = Promise.withResolvers<void>()
  release = Promise.resolve()
}

const GREETING = token<string>('greeting')

class Adapter {
  constructor(
    readonly log: Log,
    readonly greeting: string,
  ) {}

  onApplicationShutdown(): void {
    this.log.steps.push('adapter closed')
  }
}

@Controller()
class PresenceController {
  constructor(private readonly adapter: Adapter) {}

  @Rpc(method.getPresence)
  async getPresence({ userIds }: pb.GetPresenceRequest) {
    this.adapter.log.steps.push('get')
    return { presences: userIds.map((userId) => ({ userId, status: Status.ONLINE })) }
  }

  @Rpc(method.setStatus)
  async setStatus(_request: pb.SetStatusRequest, @SignedIn() user: SignedInUser, @Context() context: RpcContext) {
    const { log } = this.adapter
    log.user = user
    log.context = context
    log.handling.resolve()
    await log.release
    log.steps.push('set')
    return {}
  }

  @Rpc(method.reportConnections)
  async reportConnections() {
    this.adapter.log.steps.push('report')
    return {}
  }
}

const log = new Log()

@Module({
  controllers: [PresenceController],
  providers: [
    provide(Log, [], () => log),
    provide(
      GREETING,
      [PLATFORM_CONFIG, ENVIRONMENT],
      ({ service }, env) => `${env.GREETING ?? 'hello'} from ${service}`,
    ),
    provideClass(Adapter, [Log, GREETING]),
  ],
})
class TestModule {
  constructor(
    adapter: Adapter,
    readonly platform: Platform,
  ) {
    log.steps.push(adapter.greeting)
    platform.onClose(
      async () => void log.steps.push(`platform closed, bus ${platform.nats.isClosed() ? 'gone' : 'here'}`),
    )
  }
}

let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start({ name: 'presence', module: TestModule })
})
afterAll(() => system.stop())

const client = (userId?: string) =>
  system.client(PresenceService, userId ? { userId, deviceId: 'laptop', sessionId: 's1' } : {})
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: unknown) => ErrorReason[errorInfo(error)?.reason ?? ErrorReason.UNSPECIFIED],
  )

test('factories get the pieces of the platform', () => {
  expect(log.steps).toContain('hello from presence')
})

test('a request without a user does not reach a signed-in method, also where the handler asks for none', async () => {
  log.steps.length = 0
  expect(await reasonOf(client().getPresence({ userIds: [someone] }))).toBe('UNAUTHENTICATED')
  expect(await reasonOf(client().setStatus({ status: Status.IDLE }))).toBe('UNAUTHENTICATED')
  expect(log.steps).toEqual([])
  expect(await reasonOf(client(someone).getPresence({ userIds: [someone] }))).toBe('accepted')
  expect(log.steps).toEqual(['get'])
})

test('services call internal methods in their own name', async () => {
  expect(await reasonOf(client().reportConnections({}))).toBe('accepted')
})

test('the handler gets the signed-in caller, and the caller of a command', async () => {
  await client(someone).setStatus({ status: Status.IDLE })
  expect(log.user).toMatchObject({ userId: someone, deviceId: 'laptop', sessionId: 's1' })
  const command = log.user!.command('c1')
  expect(command).toMatchObject({ commandId: 'c1', userId: someone, now: expect.any(Date) })
  expect(command.signal).toBe(log.context!.signal)
  expect(log.user!.command().commandId).not.toBe(log.user!.command().commandId)
})

test('a service that stops answers what it has taken, then closes its own parts, then the platform', async () => {
  const alone = await TestSystem.start()
  onTestFinished(() => alone.stop())
  const service = await alone.run({ name: 'presence', module: TestModule })
  const release = Promise.withResolvers<void>()
  log.release = release.promise
  log.handling = Promise.withResolvers()
  const person = alone.client(PresenceService, { userId: someone })
  const answer = reasonOf(person.setStatus({ status: Status.IDLE }))
  await log.handling.promise
  log.steps.length = 0
  const stopped = service.stop()
  expect(await service.platform.health.unready()).toEqual(['leaving'])
  release.resolve()
  expect(await answer).toBe('accepted')
  await stopped
  expect(log.steps).toEqual(['set', 'adapter closed', 'platform closed, bus here'])
  expect(service.platform.nats.isClosed()).toBe(true)
})

test('a test runs a service with an environment and with ports of its own', async () => {
  const alone = await TestSystem.start()
  onTestFinished(() => alone.stop())
  const service = { name: 'presence', module: TestModule }
  log.steps.length = 0
  await alone.run(service, { env: { GREETING: 'good morning' } })
  expect(log.steps).toEqual(['good morning from presence'])
  log.steps.length = 0
  await alone.run(service, { overrides: [override(Adapter, new Adapter(log, 'from the test'))] })
  expect(log.steps).toEqual(['from the test'])
})

test('a service that cannot start leaves no connection behind', async () => {
  let opened: Platform | undefined
  const greeting = provide(GREETING, [Platform], (platform) => {
    opened = platform
    throw new Error('no greeting')
  })
  @Module({ providers: [greeting] })
  class FailingModule {}
  const failing = { name: 'presence', module: FailingModule }
  await expect(startService(failing, { config: system.config('presence') })).rejects.toThrow('no greeting')
  expect(opened?.nats.isClosed()).toBe(true)
})

import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import type { ExecutionContext } from '@nestjs/common'
import { expect, test } from 'vitest'
import type { RpcContext } from './context.js'
import { Rpc } from './decorator.js'
import { requiresUser } from './methods.js'
import { guardHandler, PolicyGuard } from './policy-guard.js'
import { Context, SignedIn, type SignedInUser, signedInUser } from './signed-in.js'

const { setStatus, reportConnections } = PresenceService.method

const contextOf = (userId: string | undefined): RpcContext => ({
  userId,
  deviceId: undefined,
  sessionId: undefined,
  address: undefined,
  deadline: 0,
  signal: new AbortController().signal,
  traceparent: 'trace',
})
const execution = (handler: () => unknown, userId: string | undefined) =>
  ({
    getHandler: () => handler,
    switchToRpc: () => ({ getContext: () => contextOf(userId) }),
  }) as unknown as ExecutionContext

test('a parameter that nothing fills is refused when the class is declared', () => {
  expect(() => {
    class Handlers {
      @Rpc(setStatus)
      async set(_request: object, @SignedIn() _user: SignedInUser, _context: RpcContext) {
        return {}
      }
    }
    return Handlers
  }).toThrow('beseda.presence.v1.PresenceService/SetStatus: parameter 2 needs @SignedIn() or @Context()')
})

test('a second parameter without a decorator is refused too', () => {
  expect(() => {
    class Handlers {
      @Rpc(setStatus)
      async set(_request: object, _context: RpcContext) {
        return {}
      }
    }
    return Handlers
  }).toThrow('SetStatus: parameter 1 needs @SignedIn() or @Context()')
})

test('what is no method is refused', () => {
  const decorate = Rpc(setStatus) as (target: object, key: string, descriptor: object) => void
  expect(() => decorate({}, 'set', {})).toThrow('SetStatus: @Rpc belongs on a method')
})

test('a signed-in caller is not promised where none is required', () => {
  expect(() => {
    class Handlers {
      @Rpc(reportConnections)
      async report(_request: object, @Context() _context: RpcContext, @SignedIn() _user: SignedInUser) {
        return {}
      }
    }
    return Handlers
  }).toThrow('ReportConnections: @SignedIn() needs a method that only signed-in people may call')
})

test('the guard lets a handler run as the policy of its method says', () => {
  const guard = new PolicyGuard()
  const [signedIn, internal, unknown] = [() => 1, () => 2, () => 3]
  guardHandler(signedIn, setStatus)
  guardHandler(internal, reportConnections)
  expect(guard.canActivate(execution(signedIn, 'ann'))).toBe(true)
  expect(() => guard.canActivate(execution(signedIn, undefined))).toThrow('UNAUTHENTICATED')
  expect(guard.canActivate(execution(internal, undefined))).toBe(true)
  expect(() => guard.canActivate(execution(unknown, 'ann'))).toThrow('is served without @Rpc')
})

test('services look people up in their own name', () => {
  expect(requiresUser(IdentityService.method.getUsers)).toBe(false)
  expect(requiresUser(IdentityService.method.getMe)).toBe(true)
  expect(requiresUser(IdentityService.method.signIn)).toBe(false)
})

test('the caller of a command is the caller of the request', () => {
  const caller = signedInUser(contextOf('ann'))
  expect(caller.command('c1')).toMatchObject({ commandId: 'c1', userId: 'ann', traceparent: 'trace' })
  expect(() => signedInUser(contextOf(undefined))).toThrow('UNAUTHENTICATED')
})

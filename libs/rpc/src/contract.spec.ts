import { Refusal } from '@beseda/kernel'
import {
  ConnectCode,
  connect_code,
  ErrorInfoSchema,
  ErrorReason,
  ErrorReasonSchema,
} from '@beseda/proto/common/v1/errors'
import { Exposure, RateClass } from '@beseda/proto/common/v1/policy'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { create, getOption, toBinary, toJsonString } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeName, connectCodeOf, decodeError, encodeError, errorInfo, toConnectError, toWireError } from './errors.js'
import { allMethods, findMethod, isRepeatable, policyOf, rateLimitOf, serviceName } from './methods.js'
import { partitionKeyOf } from './partition-key.js'

const reasons = Object.values(ErrorReason).filter((reason): reason is ErrorReason => typeof reason === 'number')

describe('errors', () => {
  test.each(reasons.map((reason) => [ErrorReason[reason], reason] as const))(
    '%s has a code and survives the wire',
    (_, reason) => {
      const refusal = new Refusal(reason, { limit: '100' }, 250)
      const received = toConnectError(decodeError(encodeError(toWireError(refusal))))
      expect(received.code).toBe(connectCodeOf(reason))
      expect(errorInfo(received)).toMatchObject({ reason, retryAfterMs: 250, metadata: { limit: '100' } })
    },
  )

  test('an unexpected error reveals nothing', () => {
    const wire = toWireError(new Error('password of the database: 1234'))
    expect(wire.info?.reason).toBe(ErrorReason.INTERNAL)
    expect(JSON.stringify(wire.message)).not.toContain('1234')
  })

  test('codes are named as in the Connect protocol', () => {
    expect([Code.NotFound, Code.PermissionDenied, Code.Aborted].map(codeName)).toEqual([
      'not_found',
      'permission_denied',
      'aborted',
    ])
  })

  test('a timeout means that the service is unavailable', () => {
    expect(errorInfo(new DOMException('', 'TimeoutError'))?.reason).toBe(ErrorReason.UNAVAILABLE)
    expect(errorInfo(new ConnectError('x'))).toBeUndefined()
    expect(create(ErrorInfoSchema).reason).toBe(ErrorReason.UNSPECIFIED)
  })
})

describe.each(allMethods())('$parent.typeName/$name', (method) => {
  const policy = policyOf(method)

  test('states who may call it, and a rate limit when people may', () => {
    expect(policy.exposure).not.toBe(Exposure.UNSPECIFIED)
    if (policy.exposure === Exposure.INTERNAL) return
    expect(policy.rateClass).not.toBe(RateClass.UNSPECIFIED)
    expect(rateLimitOf(policy.rateClass)).toMatchObject({ burst: expect.any(Number), perMinute: expect.any(Number) })
  })

  test('names a string field of its request as partition key, or none', () => {
    const field = method.input.fields.find(({ name }) => name === policy.partitionKey)
    if (policy.partitionKey !== '') expect(field).toMatchObject({ fieldKind: 'scalar' })
  })

  test('is found by its name', () => expect(findMethod(method.parent.typeName, method.name)).toBe(method))
})

test('requests are sent again unless the method uses up or sends something', () => {
  const once = allMethods().filter((method) => !isRepeatable(method))
  const names = [
    'SignIn',
    'FinishSignIn',
    'StartSecondFactor',
    'ChangePassword',
    'RevokeSession',
    'ResetPassword',
    'ConfirmEmail',
    'EndAccountSessions',
  ]
  const providers = ['StartOidc', 'FinishOidc', 'LinkOidc', 'UnlinkOidc']
  const passkeys = ['StartPasskey', 'StartPasskeySignIn', 'FinishPasskeySignIn']
  // A slow inspection of a file, or the joining of a recording, would run twice; an older report of connections could overtake a newer one.
  const others = ['SendTestNotification', 'FinishUpload', 'PostRecording', 'ReportConnections']
  expect(new Set(once.map(({ name }) => name))).toEqual(new Set([...names, ...providers, ...passkeys, ...others]))
})

test('no two methods share a subject on the bus', () => {
  const subjects = allMethods().map((method) => `${serviceName(method.parent)} ${method.name}`)
  expect(subjects.filter((subject, i) => subjects.indexOf(subject) !== i)).toEqual([])
})

test('a command with an id is idempotent', () => {
  const commands = allMethods().filter(({ input }) => input.fields.some(({ name }) => name === 'command_id'))
  expect(commands.length).toBeGreaterThan(30)
  const levels = commands.map(({ name, idempotency }) => [name, MethodOptions_IdempotencyLevel[idempotency]])
  expect(levels).toEqual(commands.map(({ name }) => [name, 'IDEMPOTENT']))
})

test('every reason states a Connect code by which Connect knows it', () => {
  for (const value of ErrorReasonSchema.values) {
    const code = ConnectCode[getOption(value, connect_code)]
    expect([value.name, Code[connectCodeOf(value.number)]?.toUpperCase()]).toEqual([
      value.name,
      code.replaceAll('_', ''),
    ])
    expect([value.name, code]).not.toEqual([value.name, 'UNSPECIFIED'])
  }
})

describe('the partition key', () => {
  const method = GroupService.method.postMessage

  test('is read from the bytes as it stands in the message', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string(), fc.uuid(), (groupId, text, messageId) => {
        const request = create(method.input, { groupId, text, messageId })
        expect(partitionKeyOf(method, toBinary(method.input, request), 'application/proto')).toBe(groupId)
        const json = new TextEncoder().encode(toJsonString(method.input, request))
        expect(partitionKeyOf(method, json, 'application/json')).toBe(groupId)
      }),
    )
  })

  test('is undefined for junk, without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const type of ['application/proto', 'application/json'] as const) {
          const key = partitionKeyOf(method, bytes, type)
          expect(key === undefined || typeof key === 'string').toBe(true)
        }
      }),
    )
  })

  test('is undefined for a method without one', () => {
    const { createGroup } = GroupService.method
    const request = create(createGroup.input, { commandId: 'x' })
    expect(partitionKeyOf(createGroup, toBinary(createGroup.input, request), 'application/proto')).toBeUndefined()
  })
})

import { globSync, readFileSync } from 'node:fs'
import { Exposure, Scope } from '@beseda/proto/common/v1/policy'
import { OPENAPI } from '@beseda/proto/openapi'
import { allMethods, methodPath, policyOf, rateLimitOf } from '@beseda/rpc'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'

interface Operation {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly responses: Readonly<Record<string, { readonly 'x-reasons'?: readonly string[] }>>
  readonly 'x-rate-limit': { readonly perMinute: number; readonly burst: number; readonly of: string }
}
type Path = Readonly<Partial<Record<'get' | 'post' | 'put', Operation>>>
interface Schema {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly required?: readonly string[]
  readonly enum?: readonly string[]
}
const document = JSON.parse(OPENAPI) as {
  readonly info: { readonly description: string; readonly version: string }
  readonly paths: Readonly<Record<string, Path>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
const { paths, components } = document
const open = allMethods().filter((method) => policyOf(method).exposure >= Exposure.ANYBODY)
const schema = (name: string) => components.schemas[`beseda.${name}`]

test('a validator of OpenAPI 3.1 finds nothing wrong', async () => {
  const validator = new Validator()
  expect(await validator.validate(JSON.parse(OPENAPI))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('everything that is referred to is there, and operations have names of their own', () => {
  const names = [...OPENAPI.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name)
  expect([...new Set(names)].filter((name) => !(name in components.schemas))).toEqual([])
  const ids = Object.values(paths).flatMap(({ get, post, put }) =>
    [get, post, put].flatMap((one) => one?.operationId ?? []),
  )
  expect(new Set(ids).size).toBe(ids.length)
})

describe('methods', () => {
  test('every public one is in it, and no other', () => {
    const described = Object.keys(paths).filter((path) => path.startsWith('/api/beseda.'))
    expect(described.toSorted()).toEqual(open.map((method) => `/api/${methodPath(method)}`).toSorted())
  })

  test.each(open.map((method) => [method.name, method] as const))(
    '%s: who may call it, how often, and its refusals',
    (_, method) => {
      const { exposure, scope, rateClass } = policyOf(method)
      const operation = paths[`/api/${methodPath(method)}`]?.post
      const bot = scope === Scope.UNSPECIFIED ? [] : [{ bot: [`SCOPE_${Scope[scope]}`] }]
      const isSignedIn = exposure === Exposure.SIGNED_IN
      expect(operation?.security).toEqual(isSignedIn ? [{ person: [] }, ...bot] : [{}])
      const { perMinute, burst } = rateLimitOf(rateClass) ?? {}
      expect(operation?.['x-rate-limit']).toMatchObject({ perMinute, burst, of: isSignedIn ? 'person' : 'network' })
      const reasons = Object.values(operation?.responses ?? {}).flatMap((response) => response['x-reasons'] ?? [])
      expect(reasons).toEqual(expect.arrayContaining(['INVALID_REQUEST', 'RATE_LIMITED', 'UNAVAILABLE']))
      expect(reasons.includes('TOKEN_EXPIRED')).toBe(isSignedIn)
    },
  )

  test('reasons that the contract names stand under the status with which they are answered', () => {
    const { responses } = paths['/api/beseda.identity.v1.IdentityService/Register']?.post ?? {}
    expect(responses?.['409']?.['x-reasons']).toContain('USERNAME_TAKEN')
    expect(responses?.['404']?.['x-reasons']).toContain('INVITE_NOT_FOUND')
    const post = paths['/api/beseda.group.v1.GroupService/PostMessage']?.post?.responses ?? {}
    expect(Object.values(post).flatMap((one) => one['x-reasons'] ?? [])).toContain('COMMAND_ID_REUSED')
    expect(responses?.['200']?.['x-reasons']).toBeUndefined()
  })
})

describe('messages', () => {
  test('rules of fields are those of the schema', () => {
    expect(schema('identity.v1.CreateBotRequest')).toMatchObject({
      required: ['commandId', 'username', 'displayName', 'scopes'],
      properties: {
        commandId: { format: 'uuid' },
        username: { pattern: '^[a-z0-9][a-z0-9._-]{2,31}$' },
        displayName: { minLength: 1, maxLength: 64 },
        scopes: { type: 'array', minItems: 1, maxItems: 8, uniqueItems: true },
      },
    })
    expect(schema('group.v1.PostMessageRequest')?.required).toEqual(['messageId', 'groupId'])
    // Optional: left out, it stays as it is.
    expect(schema('group.v1.UpdateGroupRequest')?.required).toEqual(['commandId', 'groupId'])
    expect(schema('identity.v1.UpdateProfileRequest')?.required ?? []).not.toContain('displayName')
  })

  test('an answer leaves out what is empty, so nothing of it is required', () => {
    const answers = open.map(({ output }) => components.schemas[output.typeName])
    expect(answers.filter((answer) => answer?.required)).toEqual([])
  })

  test('types are those of the JSON mapping', () => {
    const message = schema('group.v1.Message')?.properties
    expect(message?.seq).toMatchObject({ type: 'string', format: 'uint64' })
    expect(message?.attachments).toMatchObject({ type: 'array' })
    expect(Object.values(message ?? {})).toContainEqual(expect.objectContaining({ format: 'date-time' }))
    expect(schema('common.v1.Scope')?.enum).toContain('SCOPE_READ')
  })
})

test('what the gateway serves beside the methods is in it', () => {
  const sources = globSync('gateway/src/http/**/*.ts', { cwd: inRoot(), exclude: ['**/*.spec.ts'] })
  const served = sources.flatMap((file) =>
    [...readFileSync(inRoot(file), 'utf8').matchAll(/app\.(get|post|put)\('([^'*]+)'/g)].map(
      ([, method, path = '']) => `${method} ${path}`,
    ),
  )
  // What the client tells of itself is no API; the methods have a test of their own.
  const plain = served
    .filter((one) => !/telemetry|openapi\.json|:service/.test(one))
    .map((one) => one.replace('/calendar/:file', '/calendar/:token.ics'))
  const described = Object.entries(paths)
    .filter(([path]) => !path.startsWith('/api/beseda.'))
    .flatMap(([path, { get, post, put }]) =>
      Object.entries({ get, post, put }).flatMap(([method, one]) =>
        one ? [`${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`] : [],
      ),
    )
  expect(described.toSorted()).toEqual(plain.toSorted())
})

test('limits and version in words are those of the code', () => {
  expect(document.info.description).toContain(`at most ${MAX_FRAME_BYTES / 1_024} KiB`)
  expect(document.info.version).toBe(JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).version)
})

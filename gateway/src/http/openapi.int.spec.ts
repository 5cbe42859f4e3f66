import { newId } from '@beseda/kernel'
import { Installation } from '@beseda/testkit'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A client that knows nothing of Beseda but the document that an installation serves. */
interface Operation {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
}
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

let beseda: Installation
let address = ''
let document: Document
let ajv: Ajv2020
beforeAll(async () => {
  beseda = await Installation.start()
  address = `${beseda.url}/api/openapi.json`
  document = (await (await fetch(address)).json()) as Document
  ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addFormat('uint64', true)
  ajv.addSchema({ $id: 'document', ...document })
})
afterAll(() => beseda?.stop())

/** The problems of a value with a schema of the document. */
function problems(schema: object, value: unknown): unknown {
  const pointers = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object
  return ajv.validate(pointers, value) ? [] : ajv.errors
}

interface Call {
  readonly body?: object | string
  readonly token?: string
  readonly at?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

/** Calls an operation by its id. What is sent and what comes fit the document. */
async function call(
  operationId: string,
  { body, token, at = {}, query = {} }: Call,
): Promise<{ status: number; json: unknown; text: string }> {
  const [path, method, operation] =
    Object.entries(document.paths)
      .flatMap(([one, item]) => Object.entries(item).map(([verb, found]) => [one, verb, found] as const))
      .find(([, , found]) => found.operationId === operationId) ?? []
  if (!path || !method || !operation) throw new Error(`the document has no ${operationId}`)
  expect(operation.security.some((way) => Object.keys(way).length === 0)).toBe(token === undefined)
  const [contentType = ''] = Object.keys(operation.requestBody?.content ?? {})
  const url =
    new URL(document.servers[0]?.url ?? '', address).href +
    path.slice(1).replaceAll(/\{(\w+)\}/g, (_, name) => at[name] ?? '')
  const response = await fetch(`${url}?${new URLSearchParams(query)}`, {
    method,
    headers: {
      ...(contentType ? { 'Content-Type': contentType } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? null),
  })
  const text = await response.text()
  const described = operation.responses[response.status]
  expect(described, `${operationId}: ${response.status} ${text}`).toBeDefined()
  const schema = described?.content?.['application/json']?.schema
  const json = schema ? JSON.parse(text) : {}
  if (schema) expect(problems(schema, json)).toEqual([])
  const sent = operation.requestBody?.content['application/json']?.schema
  if (sent && response.ok) expect(problems(sent, body)).toEqual([])
  return { status: response.status, json, text }
}

test('a person registers, makes a group, posts a file, and a webhook answers, by the document alone', async () => {
  const device = { id: newId(), name: 'By the document' }
  const person = { commandId: newId(), username: 'ann', displayName: 'Ann', password: 'correct horse battery', device }
  const { json: registered } = await call('IdentityService_Register', { body: person })
  const { accessToken: token } = (registered as { tokens: { accessToken: string } }).tokens
  const founding = { commandId: newId(), kind: 'GROUP_KIND_GROUP', name: 'Tea' }
  const { json: founded } = await call('GroupService_CreateGroup', { token, body: founding })
  const { id: groupId } = (founded as { group: { id: string } }).group
  const { json: file } = await call('uploadFile', { token, body: 'tea, sugar', query: { name: 'list.txt' } })
  const fileId = (file as { id: string }).id
  const post = { messageId: newId(), groupId, text: 'Shopping', attachments: [{ fileId }] }
  await call('GroupService_PostMessage', { token, body: post })
  const hook = { commandId: newId(), groupId, name: 'Weather' }
  const { json: made } = await call('GroupService_CreateWebhook', { token, body: hook })
  await call('postByWebhook', { at: { token: (made as { token: string }).token }, body: { text: 'Sunny' } })
  const { json: listed } = await call('GroupService_ListMessages', { token, body: { groupId, limit: 10 } })
  const { messages } = listed as { messages: { text: string; seq: string }[] }
  expect(messages.map(({ text }) => text)).toEqual(['Shopping', 'Sunny'])
  expect(typeof messages[0]?.seq).toBe('string')
  expect((await call('downloadFile', { token, at: { id: fileId } })).text).toBe('tea, sugar')
})

test('refusals have the shape and the status of the document', async () => {
  const person = { username: 'nobody-here', password: 'wrong', device: { id: newId(), name: 'x' } }
  const { status, json } = await call('IdentityService_SignIn', { body: person })
  expect({ status, json }).toMatchObject({ status: 401, json: { message: 'BAD_CREDENTIALS' } })
  expect((await call('IdentityService_Register', { body: { username: 'x' } })).json).toMatchObject({
    message: 'INVALID_REQUEST',
  })
  expect((await call('IdentityService_GetMe', { token: 'wrong', body: {} })).status).toBe(401)
  expect((await call('postByWebhook', { at: { token: 'none' }, body: { text: 'x' } })).json).toMatchObject({
    message: 'WEBHOOK_NOT_FOUND',
  })
})

test('it is valid as it is served: compressed, known by its tag, to HEAD as to GET', async () => {
  expect(await new Validator().validate(document as never)).toMatchObject({ valid: true })
  const headers = { 'Accept-Encoding': 'br' }
  const [got, headed] = [await fetch(address, { headers }), await fetch(address, { headers, method: 'HEAD' })]
  const etag = got.headers.get('etag') ?? ''
  expect([got.status, got.headers.get('content-type'), got.headers.get('content-encoding')]).toEqual([
    200,
    'application/json',
    'br',
  ])
  expect([headed.status, headed.headers.get('etag'), await headed.text()]).toEqual([200, etag, ''])
  expect((await fetch(address, { headers: { 'If-None-Match': etag } })).status).toBe(304)
  const plain = await fetch(address, { headers: { 'Accept-Encoding': 'identity' } })
  expect([plain.headers.get('content-encoding'), await plain.json()]).toEqual([null, document])
})

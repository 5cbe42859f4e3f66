import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import { unavailable } from '../net/errors.js'
import { ClientLog, type Step } from './client-log.js'
import { errorFacts } from './error-facts.js'

function opened() {
  let now = 1_000
  const log = new ClientLog(() => now++)
  return { log, words: () => log.steps.map(({ step }) => step) }
}

test('it keeps the last 200 steps, oldest first', () => {
  const { log, words } = opened()
  for (let i = 0; i < 250; i++) log.step('page', `step ${i}`)
  expect(words().length).toBe(200)
  expect([words()[0], words().at(-1)]).toEqual(['step 50', 'step 249'])
})

test('a repeated step is one entry with a count and the time of the last', () => {
  const { log } = opened()
  for (let i = 0; i < 3; i++) log.step('gateway-link', 'closed', { reason: '1006' })
  log.step('gateway-link', 'closed', { reason: '4001' })
  expect(log.steps).toMatchObject([
    { reason: '1006', times: 3, at: 1_002 },
    { reason: '4001', times: 1 },
  ])
})

test('steps with a kind are reported, including those from before the reporter existed', () => {
  const { log } = opened()
  const reported: Step[] = []
  log.step('page', 'started', { kind: 'STARTED' })
  log.step('page', 'hidden')
  log.reportTo((step) => reported.push(step))
  log.step('gateway-link', 'live', { kind: 'CONNECTED', durationMs: 30 })
  log.step('page', 'visible')
  expect(reported.map(({ kind }) => kind)).toEqual(['STARTED', 'CONNECTED'])
})

const refused = new ConnectError('Ann said no', Code.PermissionDenied, undefined, [
  { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: ErrorReason.NOT_PERMITTED }) },
])

test.each([
  ['an error of the code', new TypeError('x is undefined'), 'HANDLED_ERROR', 'TypeError'],
  ['a refused request', refused, 'REQUEST_FAILED', 'NOT_PERMITTED'],
  ['a server out of reach', unavailable(), undefined, 'UNAVAILABLE'],
  ['what was cancelled', new DOMException('', 'AbortError'), undefined, 'AbortError'],
  ['what is no error', 'ann@example.org', 'HANDLED_ERROR', 'NotAnError'],
] as const)('%s is logged by its name', (_, error, kind, reason) => {
  const { log } = opened()
  log.error('chat.load', error, 'HANDLED_ERROR')
  expect(log.steps[0]).toMatchObject({ source: 'chat.load', step: 'error', reason })
  expect(log.steps[0]?.kind).toBe(kind)
})

test('a given kind is kept, for a request as well', () => {
  const { log } = opened()
  log.error('promise', refused, 'ERROR')
  expect(log.steps[0]?.kind).toBe('ERROR')
})

test('no message content is logged: neither the text of an error nor a name that somebody chose', () => {
  const error = new Error('secret words')
  error.name = 'secret name'
  error.stack = 'secret name: secret words\n    at https://beseda.example/secret/path.js:1:2'
  expect(JSON.stringify(errorFacts(error))).not.toMatch(/secret/)
  expect(JSON.stringify(errorFacts(refused))).not.toMatch(/Ann/)
})

test.each([
  [
    'Chromium',
    'Error: x\n    at t (https://chat.example/assets/first-B4x9.js:1:234)\n    at async https://chat.example/assets/shell.js:2:3',
  ],
  ['Firefox', 't@https://chat.example/assets/first-B4x9.js:1:234\n@https://chat.example/assets/shell.js:2:3'],
])('code locations in a stack of %s', (_, stack) => {
  const error = new Error('x')
  error.stack = stack
  expect(errorFacts(error).stack).toEqual(['assets/first-B4x9.js:1:234', 'assets/shell.js:2:3'])
})

test('ten frames of a stack are kept', () => {
  const error = new Error('x')
  error.stack = Array.from({ length: 30 }, (_, i) => `at f (https://h/assets/a.js:1:${i})`).join('\n')
  expect(errorFacts(error).stack.length).toBe(10)
})

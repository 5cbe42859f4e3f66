import { ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { lagsOf, overviewOf } from './overview.js'

const ALL = ['gateway', 'identity', 'group', 'membership', 'call', 'presence', 'notify', 'preview']
const processOf = (service: string, more: MessageInitShape<typeof ProcessStatusSchema> = {}) =>
  create(ProcessStatusSchema, { service, ready: ['nats', 'redis'], busVersion: '2.15.0', ...more })
const all = ALL.map((service) => processOf(service))
const stateOf = (processes: typeof all, name: string) => {
  const { services, stores } = overviewOf(processes)
  return [...services, ...stores].find((one) => one.name === name)?.state
}

test('an installation with a ready process of each service is healthy', () => {
  expect(overviewOf(all)).toMatchObject({ well: true })
  expect(overviewOf(all).stores).toMatchObject([
    { connected: ALL.length, wanted: ALL.length, version: '2.15.0' },
    { connected: ALL.length },
  ])
})

test('a service that does not answer is missing, and a replica that is not ready is reported', () => {
  const withoutCalls = all.filter(({ service }) => service !== 'call')
  expect(stateOf(withoutCalls, 'call')).toBe('absent')
  expect(overviewOf(withoutCalls).well).toBe(false)
  const slow = [...all, processOf('group', { ready: ['nats'], unready: ['view history'] })]
  expect([stateOf(slow, 'group'), stateOf(slow, 'call')]).toEqual(['troubled', 'ok'])
})

test('the state of Redis is what the processes that need it report', () => {
  const cut = [processOf('call', { ready: ['nats'], unready: ['redis'] }), ...all.slice(0, 4)]
  expect(stateOf(cut, 'redis')).toBe('troubled')
  expect(stateOf([cut[0]!], 'redis')).toBe('absent')
})

test('a stream replica that lags is an issue of NATS; the newest answer about a stream counts', () => {
  const stream = { stream: 'HISTORY_0', lastSeq: 5n, replicasCurrent: 3 }
  const older = processOf('membership', {
    streams: [{ ...stream, lastSeq: 4n, replicasCurrent: 2, replicasBehind: 1 }],
  })
  expect(stateOf([...all, older], 'nats')).toBe('troubled')
  const both = [...all, older, processOf('group', { streams: [stream] })]
  expect(stateOf(both, 'nats')).toBe('ok')
  expect(overviewOf(both).streams).toMatchObject([{ lastSeq: 5n }])
})

test('connections of gateways add up; people are counted once', () => {
  const figures = [
    processOf('gateway', { figures: { connections: 3n } }),
    processOf('gateway', { figures: { connections: 4n } }),
    processOf('identity', { figures: { people: 10n } }),
    processOf('identity', { figures: { people: 9n } }),
  ]
  expect(overviewOf(figures).figures).toMatchObject({ connections: 7, people: 10, calls: undefined })
})

test('the lag of a view is the sum over all its streams', () => {
  const views = [
    { view: 'history', stream: 'HISTORY_0', lag: 2n },
    { view: 'history', stream: 'HISTORY_1', lag: 3n },
    { view: 'other', stream: 'HISTORY_0', lag: 0n },
  ]
  expect(lagsOf(processOf('group', { views }))).toEqual([{ view: 'history', lag: 5 }])
})

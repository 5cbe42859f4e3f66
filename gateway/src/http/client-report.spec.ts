import { ClientEventKind, ClientEventsSchema } from '@beseda/proto/gateway/v1/client_events'
import { create, type MessageInitShape, toBinary, toJsonString } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLIENT_EVENT_KINDS, readReport } from './client-report.js'

type Init = MessageInitShape<typeof ClientEventsSchema>
const event = {
  kind: ClientEventKind.ERROR,
  time: { seconds: 1_795_881_600n, nanos: 0 },
  source: 'composer.send',
  reason: 'TypeError',
  durationMs: 12,
  stack: ['assets/index-B4x9.js:1:20341'],
}
const binary = (report: Init) => readReport(toBinary(ClientEventsSchema, create(ClientEventsSchema, report)), false)
const json = (report: Init) =>
  readReport(new TextEncoder().encode(toJsonString(ClientEventsSchema, create(ClientEventsSchema, report))), true)

describe('readReport', () => {
  const logged = {
    kind: 'error',
    version: 'a1b2c3d',
    time: '2026-11-28T16:00:00.000Z',
    source: 'composer.send',
    reason: 'TypeError',
    durationMs: 12,
    stack: ['assets/index-B4x9.js:1:20341'],
  }

  test('reads the same from JSON and from binary', () => {
    const report = { version: 'a1b2c3d', events: [event] }
    expect(binary(report)).toEqual([logged])
    expect(json(report)).toEqual([logged])
  })

  test.each<[string, object]>([
    ['source', { source: 'hello Ann, my password is' }],
    ['reason', { reason: "Cannot read 'secret text'" }],
    ['stack', { stack: ['say hello:1:2', 'assets/x.js?token=1:2:3', '\n:1:2'] }],
    ['time', { time: { seconds: 9_999_999_999_999n, nanos: 0 } }],
  ])('drops a %s that does not match its pattern and keeps the event', (field, change) => {
    const { [field as keyof typeof logged]: _, ...rest } = logged
    expect(binary({ version: 'a1b2c3d', events: [{ ...event, ...change }] })).toEqual([rest])
  })

  test('drops a version that could be text', () => {
    expect(binary({ version: 'hello there', events: [event] })?.[0]).not.toHaveProperty('version')
  })

  test('takes 32 events and ten places of a stack', () => {
    const stack = Array.from({ length: 20 }, (_, line) => `a.js:${line}:1`)
    const events = binary({ events: Array.from({ length: 40 }, () => ({ ...event, stack })) })
    expect(events).toHaveLength(32)
    expect(events?.[0]?.stack).toEqual(stack.slice(0, 10))
  })

  test('calls a kind that it does not know unspecified: the label of a metric has a fixed set of values', () => {
    expect(binary({ events: [{ kind: 999 as ClientEventKind }] })).toEqual([{ kind: 'unspecified' }])
    expect(CLIENT_EVENT_KINDS).toContain('unspecified')
    expect(CLIENT_EVENT_KINDS).toContain('call_joined')
    const newer = JSON.stringify({ events: [{ kind: 'CLIENT_EVENT_KIND_OF_TOMORROW' }], more: 1 })
    expect(readReport(new TextEncoder().encode(newer), true)).toEqual([{ kind: 'unspecified' }])
  })

  test('never throws, whatever is sent', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.boolean(), (body, isJson) => void readReport(body, isJson)))
    fc.assert(fc.property(fc.json(), (text) => void readReport(new TextEncoder().encode(text), true)))
    expect(readReport(new TextEncoder().encode('{'), true)).toBeUndefined()
  })
})

import { fanSubject } from '@beseda/proto'
import type { Msg } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { copyOf } from './jetstream-fan-out.js'

const bytes = new Uint8Array([1, 2])
const message = (subject: string, headers: Record<string, string>) =>
  ({ subject, data: bytes, headers: { get: (name: string) => headers[name] ?? '' } }) as unknown as Msg

test('a copy has the sequence and the one before it from its headers, and its bytes as they came', () => {
  const headers = { 'Nats-Sequence': '7', 'Nats-Last-Sequence': '5' }
  const copy = copyOf(message(fanSubject(3, 'g', 'messages'), headers))
  expect(copy).toEqual({ partition: 3, groupId: 'g', lane: 'messages', seq: 7, prevSeq: 5, bytes })
  expect(copy?.bytes).toBe(bytes)
})

test('the first copy of a lane has nothing before it', () => {
  expect(copyOf(message(fanSubject(0, 'g', 'calls'), { 'Nats-Sequence': '1' }))).toMatchObject({ seq: 1, prevSeq: 0 })
})

test.each([
  ['another subject', 'user.ann.event', { 'Nats-Sequence': '1' }],
  ['an unknown lane', 'fan.0.g.other', { 'Nats-Sequence': '1' }],
  ['no sequence', fanSubject(0, 'g', 'messages'), {}],
])('a message with %s is no copy', (_, subject, headers) => {
  expect(copyOf(message(subject, headers))).toBeUndefined()
})

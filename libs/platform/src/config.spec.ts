import { expect, test } from 'vitest'
import { integer, parsePartitions, readConfig } from './config.js'

test('an empty environment serves all partitions of a local NATS', () => {
  const config = readConfig('group', {})
  expect(config).toMatchObject({
    service: 'group',
    partitionCount: 4,
    partitions: 'all',
    healthPort: 0,
    healthHost: '127.0.0.1',
  })
  expect(config.natsUrl).toBe('nats://127.0.0.1:4222')
})

test.each([
  ['0-3', [0, 1, 2, 3]],
  ['2,0', [0, 2]],
  ['0-1, 1-2', [0, 1, 2]],
])('partitions %s', (text, expected) => {
  expect(parsePartitions(text, 4)).toEqual(expected)
})

test.each(['4', '0-4', '3-1', 'x', '-1', '1,,2'])(
  'partitions %s are refused, and the error names the variable',
  (text) => {
    expect(() => parsePartitions(text, 4)).toThrow(/PARTITIONS must be like/)
  },
)

test.each(['-1', '70000', 'abc', '1.5'])('a port of %s is refused, and the error names the variable', (text) => {
  expect(() => integer({ HEALTH_PORT: text }, 'HEALTH_PORT', 0, 0, 65_535)).toThrow(/^HEALTH_PORT must be/)
})

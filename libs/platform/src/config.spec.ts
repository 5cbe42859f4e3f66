import { expect, test } from 'vitest'
import { choice, flag, integer, parsePartitions, readConfig } from './config.js'

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

test('--rebuild on the command line rebuilds the views', () => {
  expect(readConfig('group', {}, ['node', 'main.js']).rebuildViews).toBe(false)
  expect(readConfig('group', {}, ['node', 'main.js', '--rebuild']).rebuildViews).toBe(true)
})

test.each([
  [{ HEALTH_HOST: 'localhost' }, 'HEALTH_HOST must be an IP address, not "localhost"'],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of fatal, .* not "loud"$/],
  [{ PARTITION_COUNT: '0' }, /^PARTITION_COUNT must be a whole number from 1/],
])('%o is refused, and the error names the variable', (env, sentence) => {
  expect(() => readConfig('group', env)).toThrow(sentence)
})

test('words and flags', () => {
  expect(choice({ MODE: 'on' }, 'MODE', ['on', 'off'], 'off')).toBe('on')
  expect(choice({ MODE: '' }, 'MODE', ['on', 'off'], 'off')).toBe('off')
  expect([flag({}, 'X', true), flag({ X: 'false' }, 'X', true), flag({ X: 'true' }, 'X', false)]).toEqual([
    true,
    false,
    true,
  ])
  expect(() => flag({ X: 'yes' }, 'X', false)).toThrow('X must be one of true, false, not "yes"')
})

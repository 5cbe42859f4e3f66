import { expect, test } from 'vitest'
import { readConfig } from '../config.js'
import { redisAddress } from './address.js'

const plain = { isTls: false, master: undefined, username: undefined, password: undefined, db: 0 }

test.each([
  ['redis://127.0.0.1', { ...plain, hosts: [{ host: '127.0.0.1', port: 6379 }] }],
  ['redis://[::1]:7000/3', { ...plain, hosts: [{ host: '::1', port: 7000 }], db: 3 }],
  [
    'rediss://ann:p%40ss@cache.example.org:6380',
    { ...plain, isTls: true, username: 'ann', password: 'p@ss', hosts: [{ host: 'cache.example.org', port: 6380 }] },
  ],
  [
    'redis+sentinel://:word@a,b:5000,[fd00::1]:26379/main',
    {
      ...plain,
      master: 'main',
      password: 'word',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 5000 },
        { host: 'fd00::1', port: 26_379 },
      ],
    },
  ],
])('%s', (text, expected) => expect(redisAddress(text)).toEqual(expected))

test.each([
  'localhost:6379',
  'http://cache',
  'redis://a,b',
  'redis://a:99999',
  'redis://a/main',
  'redis+sentinel://a,b',
  'redis+sentinel://a,,b/main',
  'redis+cluster://a,b',
  'redis://:secret-word@a,b',
])('%s is refused at the start, with a sentence that names the variable and no password', (text) => {
  const read = () => readConfig('call', { REDIS_URL: text })
  expect(read).toThrow(/^REDIS_URL must be like .* a cluster is not supported$/)
  expect(read).not.toThrow('secret-word')
})

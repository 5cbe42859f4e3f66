import { expect, test } from 'vitest'
import { clientAddress } from './address.js'

test.each([
  ['no proxy is trusted', '10.0.0.1', '1.1.1.1', 0, '10.0.0.1'],
  ['one proxy', '10.0.0.1', '6.6.6.6, 1.1.1.1', 1, '1.1.1.1'],
  ['two proxies', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', 2, '1.1.1.1'],
  ['fewer entries than proxies', '10.0.0.1', '1.1.1.1', 3, '1.1.1.1'],
  ['no header', '10.0.0.1', '', 1, '10.0.0.1'],
])('%s', (_, socket, header, hops, expected) => expect(clientAddress(socket, header, hops)).toBe(expected))

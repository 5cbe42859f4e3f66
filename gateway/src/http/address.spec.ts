import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { expect, test } from 'vitest'
import { addressReader, clientAddress, plainAddress } from './address.js'

test.each([
  ['no proxy is trusted', '10.0.0.1', '1.1.1.1', 0, '10.0.0.1'],
  ['one proxy', '10.0.0.1', '6.6.6.6, 1.1.1.1', 1, '1.1.1.1'],
  ['two proxies', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', 2, '1.1.1.1'],
  ['fewer entries than proxies', '10.0.0.1', '1.1.1.1', 3, '1.1.1.1'],
  ['no header', '10.0.0.1', '', 1, '10.0.0.1'],
])('%s', (_, socket, header, hops, expected) => expect(clientAddress(socket, header, hops)).toBe(expected))

/** A stand-in for a request of uWebSockets.js with these header lines. */
const request = (...lines: [string, string][]) =>
  ({
    forEach: (line: (name: string, value: string) => void) => lines.map((one) => line(...one)),
  }) as unknown as HttpRequest
const response = {
  getRemoteAddressAsText: () => new TextEncoder().encode('10.0.0.1').buffer,
} as unknown as HttpResponse

test.each([
  ['the client wrote one line, the proxy added another', 1, ['6.6.6.6', '1.1.1.1'], '1.1.1.1'],
  ['the client wrote two lines', 1, ['6.6.6.6', '7.7.7.7, 8.8.8.8', '1.1.1.1'], '1.1.1.1'],
  ['two proxies, a line each', 2, ['6.6.6.6', '1.1.1.1', '10.0.0.2'], '1.1.1.1'],
  ['nobody is trusted', 0, ['6.6.6.6', '1.1.1.1'], '10.0.0.1'],
  ['no line', 1, [], '10.0.0.1'],
])('X-Forwarded-For is the list of all its lines: %s', (_, hops, values, expected) => {
  const lines = values.map((value): [string, string] => ['x-forwarded-for', value])
  expect(addressReader(hops)(response, request(['host', 'example.org'], ...lines, ['accept', '*/*']))).toBe(expected)
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:4711', '192.0.2.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:4711', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['[::ffff:192.0.2.7]:4711', '192.0.2.7'],
  // As uWebSockets.js writes it.
  ['0000:0000:0000:0000:0000:ffff:c000:0207', '192.0.2.7'],
  ['::1', '::1'],
  ['unknown', 'unknown'],
])('%s is the address %s', (text, address) => expect(plainAddress(text)).toBe(address))

test.each([
  ['a proxy that writes ports', ['6.6.6.6', '192.0.2.7:1', '192.0.2.7:2'], '192.0.2.7'],
  ['a proxy that writes brackets', ['[2001:db8::7]:4711'], '2001:db8::7'],
])('limits count who came by %s', (_, values, expected) => {
  const lines = values.map((value): [string, string] => ['x-forwarded-for', value])
  expect(addressReader(1)(response, request(...lines))).toBe(expected)
})

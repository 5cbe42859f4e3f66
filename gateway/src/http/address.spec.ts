import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { expect, test } from 'vitest'
import { addressReader, clientAddress, networkOf } from './address.js'

test.each([
  ['no proxy is trusted', '10.0.0.1', '1.1.1.1', 0, '10.0.0.1'],
  ['one proxy', '10.0.0.1', '6.6.6.6, 1.1.1.1', 1, '1.1.1.1'],
  ['two proxies', '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', 2, '1.1.1.1'],
  ['fewer entries than proxies', '10.0.0.1', '1.1.1.1', 3, '1.1.1.1'],
  ['no header', '10.0.0.1', '', 1, '10.0.0.1'],
])('%s', (_, socket, header, hops, expected) => expect(clientAddress(socket, header, hops)).toBe(expected))

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['0000:0000:0000:0000:0000:ffff:c000:0207', '0000:0000:0000:0000:0000:ffff:c000:0207'],
  ['::1', '::1'],
  ['no address', 'no address'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network))

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

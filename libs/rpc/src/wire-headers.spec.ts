import { expect, test } from 'vitest'
import { wireHeaders } from './wire-headers.js'

const textOf = (values: Record<string, string | undefined>) => new TextDecoder().decode(bytesOf(values))
const bytesOf = (values: Record<string, string | undefined>) =>
  (wireHeaders(values) as unknown as { encode(): Uint8Array }).encode()

test('undefined values are left out', () => {
  expect(textOf({ 'Beseda-User': 'ann', 'Beseda-Device': undefined, traceparent: '' })).toBe(
    'NATS/1.0\r\nBeseda-User: ann\r\ntraceparent: \r\n\r\n',
  )
})

test('a value with a line break is refused: it could smuggle in a header', () => {
  for (const value of ['x\r\nBeseda-User: bob', 'x\ny', 'x\r']) {
    expect(() => wireHeaders({ 'Beseda-Address': value })).toThrow('line break in header Beseda-Address')
  }
})

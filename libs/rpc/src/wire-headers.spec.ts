import { expect, test } from 'vitest'
import { wireHeaders } from './wire-headers.js'

const textOf = (values: Record<string, string | undefined>) => new TextDecoder().decode(bytesOf(values))
const bytesOf = (values: Record<string, string | undefined>) =>
  (wireHeaders(values) as unknown as { encode(): Uint8Array }).encode()

test('what is not known is left out', () => {
  expect(textOf({ 'Beseda-User': 'ann', 'Beseda-Device': undefined, traceparent: '' })).toBe(
    'NATS/1.0\r\nBeseda-User: ann\r\ntraceparent: \r\n\r\n',
  )
})

test('nobody puts a header of their own behind a line break', () => {
  for (const value of ['x\r\nBeseda-User: bob', 'x\ny', 'x\r']) {
    expect(() => wireHeaders({ 'Beseda-Address': value })).toThrow('a line break in header Beseda-Address')
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPublicAddress } from './public-address.js'

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::8.8.8.8',
  '64:ff9b::a00:1',
  '2002:7f00:1::',
  '2001:0:1::1',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'localhost',
  '8.8.8',
  '0x7f000001',
  '',
])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false))

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '2606:4700:4700::1111',
  '2a00:1450::1',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true))

const octet = fc.nat(255)
const v4 = fc.tuple(octet, octet, octet, octet)
const group = fc.nat(0xffff).map((value) => value.toString(16))

test('no private IPv4 address gets through in any IPv6 notation', () => {
  fc.assert(
    fc.property(v4, ([a, b, c, d]) => {
      const text = `${a}.${b}.${c}.${d}`
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      const notations = [
        `::ffff:${text}`,
        `::ffff:${hex}`,
        `::${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
        `::ffff:0:${hex}`,
      ]
      for (const address of notations) expect(isPublicAddress(address)).toBe(false)
    }),
  )
})

test('of IPv6 only global unicast is public, however it is written', () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const first = Number.parseInt(groups[0]!, 16)
      const address = groups.join(':')
      if (isPublicAddress(address)) expect(first >> 13).toBe(1)
      expect(isPublicAddress(address.toUpperCase())).toBe(isPublicAddress(address))
    }),
  )
})

test('an address in a URL is judged by its value, in every notation', () => {
  fc.assert(
    fc.property(v4, fc.constantFrom('dotted', 'decimal', 'hex', 'octal', 'short'), ([a, b, c, d], form) => {
      const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
      const written = {
        dotted: `${a}.${b}.${c}.${d}`,
        decimal: String(value),
        hex: `0x${value.toString(16)}`,
        octal: `0${value.toString(8)}`,
        short: `${a}.${value & 0xffffff}`,
      }[form]
      const { hostname } = new URL(`http://${written}/`)
      expect(hostname).toBe(`${a}.${b}.${c}.${d}`)
      expect(isPublicAddress(hostname)).toBe(isPublicAddress(`${a}.${b}.${c}.${d}`))
    }),
  )
})

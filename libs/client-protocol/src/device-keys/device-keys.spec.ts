import { expect, test } from 'vitest'
import {
  CODE_GROUPS,
  callStatement,
  descriptionStatement,
  deviceKeyStatement,
  digitsOf,
  fingerprintOf,
  personStatement,
} from './index.js'

const ann = { userId: 'ann', deviceId: 'laptop' }
const bob = { userId: 'bob', deviceId: 'phone' }
const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const description = { callId: 'call', round: 7, type: 'offer', from: ann, to: bob, fingerprint: bytes(1) }
const hex = (all: Uint8Array) => Buffer.from(all).toString('hex')

test.each([
  ['the call', { callId: 'other' }],
  ['the round', { round: 8 }],
  ['the type', { type: 'answer' }],
  ['the sender', { from: { ...ann, userId: 'eve' } }],
  ['the sender’s device', { from: { ...ann, deviceId: 'tablet' } }],
  ['the receiver', { to: { ...bob, userId: 'eve' } }],
  ['the receiver’s device', { to: { ...bob, deviceId: 'tablet' } }],
  ['the fingerprint', { fingerprint: bytes(2) }],
])('what is signed depends on %s', (_, change) => {
  expect(hex(descriptionStatement({ ...description, ...change }))).not.toBe(hex(descriptionStatement(description)))
})

test('fields cannot flow into each other', () => {
  const of = (userId: string, deviceId: string) => hex(deviceKeyStatement({ userId, deviceId }, 1, bytes(1)))
  expect(of('ab', 'c')).not.toBe(of('a', 'bc'))
  expect(of('a', 'b')).toBe(of('a', 'b'))
})

test('a statement of one kind is none of another: the labels differ', () => {
  const key = { ...ann, algorithm: 1, publicKey: bytes(1) }
  const all = [
    descriptionStatement(description),
    deviceKeyStatement(ann, 1, bytes(1)),
    callStatement('call', [key]),
    personStatement('ann', [key]),
  ]
  expect(new Set(all.map((one) => hex(one.subarray(0, 24)))).size).toBe(all.length)
})

test('the keys of a call give the same statement to everybody, and another one with any other key', () => {
  const keys = [
    { ...ann, algorithm: 1, publicKey: bytes(1) },
    { ...bob, algorithm: 1, publicKey: bytes(2) },
  ]
  const code = (all: typeof keys) => hex(callStatement('call', all))
  expect(code(keys.toReversed())).toBe(code(keys))
  expect(code([keys[0]!, { ...keys[1]!, publicKey: bytes(3) }])).not.toBe(code(keys))
  expect(code(keys.slice(1))).not.toBe(code(keys))
})

const line = (fill: string) => `a=fingerprint:sha-256 ${Array(32).fill(fill).join(':')}`
const sdp = (...lines: string[]) => ['v=0', ...lines, 'm=audio 9 UDP/TLS/RTP/SAVPF 111', ''].join('\r\n')

test('the fingerprint of a description is read, in any case, and the same one twice', () => {
  expect(fingerprintOf(sdp(line('AB')))).toEqual(bytes(0xab))
  expect(fingerprintOf(sdp(line('ab'), line('AB')))).toEqual(bytes(0xab))
})

test.each([
  ['none', sdp()],
  ['two different ones', sdp(line('AB'), line('CD'))],
  ['one of another kind beside it', sdp(line('AB'), 'a=fingerprint:sha-1 AB:CD')],
  ['one that is not quite one', sdp(line('AB'), `${line('CD')}:CD`)],
  ['one behind a space', sdp(line('AB'), ` ${line('CD')}`)],
  ['one behind a lone line feed', sdp(`${line('AB')}\n${line('CD')}`)],
  ['another one in capitals', sdp(line('AB'), line('CD').toUpperCase())],
  ['a key in the open', sdp(line('AB'), 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x')],
])('a description with %s has no fingerprint to sign', (_, text) => {
  expect(fingerprintOf(text)).toBeUndefined()
})

test('a digest gives six groups of five digits, and every byte of them counts', () => {
  expect(digitsOf(new Uint8Array(64))).toEqual(Array(CODE_GROUPS).fill('00000'))
  expect(digitsOf(new Uint8Array(64).fill(255)).join(' ')).toMatch(/^\d{5}( \d{5}){5}$/)
  for (let at = 0; at < 30; at++) {
    const changed = new Uint8Array(64)
    changed[at] = 1
    expect(digitsOf(changed)).not.toEqual(digitsOf(new Uint8Array(64)))
  }
})

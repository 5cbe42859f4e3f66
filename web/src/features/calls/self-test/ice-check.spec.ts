import { IceServerSchema } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { serversOf, wayOf } from './ice-check.js'

test.each([
  ['stun:stun.example.org:3478', 'stun'],
  ['turn:turn.example.org:3478?transport=udp', 'turnUdp'],
  ['turn:turn.example.org:3478', 'turnUdp'],
  ['turn:turn.example.org:3478?transport=tcp', 'turnTcp'],
  ['turns:turn.example.org:5349?transport=tcp', 'turnTls'],
  ['https://example.org', undefined],
])('%s is %s', (url, way) => {
  expect(wayOf(url)).toBe(way)
})

const servers = [
  create(IceServerSchema, {
    urls: ['turn:a?transport=udp', 'turn:a?transport=tcp'],
    username: 'u',
    credential: 'c',
  }),
]

test('each path is tried alone, with its credentials', () => {
  expect(serversOf('turnTcp', servers)).toEqual([{ urls: ['turn:a?transport=tcp'], username: 'u', credential: 'c' }])
  expect(serversOf('turnTls', servers)).toEqual([])
})

test('without a STUN server the relay reports the own address', () => {
  expect(serversOf('stun', servers)).toEqual([{ urls: ['turn:a?transport=udp'], username: 'u', credential: 'c' }])
  expect(serversOf('stun', [])).toEqual([])
})

import { expect, test } from 'vitest'
import { Newcomers } from './newcomers.js'

const newcomer = () => ({ isSignedIn: false })
function full(address: string, max = 4_000) {
  const newcomers = new Newcomers(max)
  const all = []
  while (newcomers.accepts(address) && all.length < 1_000) {
    const one = newcomer()
    newcomers.add(one, address)
    all.push(one)
  }
  return { newcomers, all }
}

test('one network has a share of the sockets before it signs in, and leaves the rest to others', () => {
  const { newcomers, all } = full('192.0.2.1')
  expect(all).toHaveLength(200)
  expect(newcomers.accepts('192.0.2.2')).toBe(true)
  expect(full('192.0.2.1', 500).all).toHaveLength(100)
})

test('a household of IPv6 is one network, however many addresses it takes', () => {
  const { newcomers } = full('2001:db8:1:2::1')
  expect([newcomers.accepts('2001:db8:1:2::ffff'), newcomers.accepts('2001:db8:1:3::1')]).toEqual([false, true])
})

test('whoever signs in or goes away makes room', () => {
  const { newcomers, all } = full('192.0.2.1')
  all[0]!.isSignedIn = true
  expect(newcomers.accepts('192.0.2.1')).toBe(true)
  newcomers.add(newcomer(), '192.0.2.1')
  expect(newcomers.accepts('192.0.2.1')).toBe(false)
  newcomers.remove(all[1]!)
  expect(newcomers.accepts('192.0.2.1')).toBe(true)
  for (const one of all) one.isSignedIn = true
  newcomers.prune()
  expect(full('192.0.2.1').all).toHaveLength(200)
})

test('this machine is not bounded', () => {
  for (const address of ['127.0.0.1', '::1', '0000:0000:0000:0000:0000:0000:0000:0001', '::ffff:127.0.0.1']) {
    expect(full(address).all).toHaveLength(1_000)
  }
})

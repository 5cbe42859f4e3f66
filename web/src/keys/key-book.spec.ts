import type { HeldKey } from '@beseda/client-protocol/device-keys'
import { expect, test } from 'vitest'
import { KeyBook } from './key-book.js'
import { keysInMemory } from './memory.js'
import { type OwnKey, ownKeyOf } from './own-key.js'

const BOB = { userId: 'bob', deviceId: 'phone' }
const statement = new TextEncoder().encode('statement')
const keyOf = (deviceId = BOB.deviceId) => ownKeyOf(keysInMemory(), { ...BOB, deviceId })

/** A book at a server that lists what the test says. Waiting takes no time. */
function bookAt(listed: readonly HeldKey[]) {
  const server = { listed, asked: 0, fails: false, waits: [] as number[] }
  const people = keysInMemory()
  const parts = {
    people,
    clock: {
      after: (ms: number, work: () => void) => {
        server.waits.push(ms)
        queueMicrotask(work)
        return () => undefined
      },
    },
    list: async () => {
      server.asked += 1
      if (server.fails) throw new Error('no network')
      return server.listed
    },
  }
  return { book: new KeyBook(parts), again: () => new KeyBook(parts), server }
}
const check = async (book: KeyBook, signer: OwnKey, from = BOB) =>
  book.check(from, statement, await signer.sign(statement))

test('a key of the first contact is taken from the server, and needs no request after that', async () => {
  const bob = await keyOf()
  const { book, again, server } = bookAt([bob])
  expect(await check(book, bob)).toMatchObject({ trust: 'seen' })
  server.fails = true
  expect(await check(again(), bob)).toMatchObject({ trust: 'seen' })
  expect(server.asked).toBe(1)
})

test('a signature by another key is forged, whether the true one is known or not', async () => {
  const [bob, eve] = await Promise.all([keyOf(), keyOf()])
  const { book } = bookAt([bob])
  expect(await check(book, eve)).toEqual({ distrust: 'forged' })
  await check(book, bob)
  expect(await check(book, eve)).toEqual({ distrust: 'forged' })
})

test('the key of another device of the same person does not do', async () => {
  const [phone, laptop] = await Promise.all([keyOf(), keyOf('laptop')])
  const { book } = bookAt([phone, laptop])
  expect(await check(book, laptop)).toEqual({ distrust: 'forged' })
})

test('a key that nobody lists is asked for again, for less than 5 s', async () => {
  const bob = await keyOf()
  const { book, server } = bookAt([])
  expect(await check(book, bob)).toEqual({ distrust: 'noKey' })
  expect(server.waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(4_000)
  server.fails = true
  expect(await check(book, bob)).toEqual({ distrust: 'noKey' })
})

test('a key that comes after others were known is new; after a comparison it is not believed until it is accepted', async () => {
  const [old, next] = await Promise.all([keyOf(), keyOf()])
  const { book, server } = bookAt([old])
  await check(book, old)
  server.listed = [next]
  expect(await check(book, next)).toMatchObject({ trust: 'new' })
  await book.trust('bob', [old], 'verified')
  expect(await check(book, next)).toMatchObject({ distrust: 'keyChanged', key: { publicKey: next.publicKey } })
  await book.trust('bob', [next], 'seen')
  expect(await check(book, next)).toMatchObject({ trust: 'seen' })
})

test('a server that shows nobody’s keys any more does not make a verified person unknown', async () => {
  const [old, next] = await Promise.all([keyOf(), keyOf()])
  const { book, server } = bookAt([old])
  await book.look('bob')
  await book.trust('bob', [old], 'verified')
  server.listed = []
  await book.look('bob')
  server.listed = [next]
  expect(await check(book, next)).toMatchObject({ distrust: 'keyChanged' })
})

test('changes of one person come one after another, and each is told', async () => {
  const [phone, laptop] = await Promise.all([keyOf(), keyOf('laptop')])
  const { book } = bookAt([phone, laptop])
  const told: number[] = []
  const stop = book.onChange(({ keys }) => told.push(keys.length))
  await Promise.all([book.trust('bob', [phone], 'seen'), book.trust('bob', [laptop], 'seen')])
  stop()
  expect((await book.person('bob')).keys).toHaveLength(2)
  expect(told).toEqual([1, 2])
})

test('people who are about to be met are asked about together, and only those who are not known', async () => {
  const [bob, eve] = await Promise.all([keyOf(), ownKeyOf(keysInMemory(), { userId: 'eve', deviceId: 'phone' })])
  const { book, server } = bookAt([bob, eve])
  await book.expect(['bob', 'eve'])
  await check(book, bob)
  await check(book, eve, eve)
  await book.expect(['bob', 'eve'])
  expect(server.asked).toBe(1)
})

test('what the server says of somebody else counts for nobody', async () => {
  const bob = await keyOf()
  const { book } = bookAt([{ ...bob, userId: 'eve' }])
  expect(await check(book, bob)).toEqual({ distrust: 'noKey' })
})

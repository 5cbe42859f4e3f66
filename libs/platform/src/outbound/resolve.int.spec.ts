import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { PATIENCE_MS } from '@beseda/testkit'
import { afterEach, expect, test } from 'vitest'
import { requestOutside } from './request.js'
import { byNameServers, resolverFor } from './resolve.js'

const A = 1
const AAAA = 28
const NXDOMAIN = 3
type Answer = { readonly code?: number; readonly records?: readonly (readonly number[])[] } | 'none'

let sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets) socket.close()
  sockets = []
})

/** A name server (RFC 1035) that answers every question by its type. */
async function nameServer(answerTo: (type: number) => Answer) {
  const socket = createSocket('udp4')
  sockets.push(socket)
  const asked: number[] = []
  socket.on('message', (question, { port, address }) => {
    const end = question.indexOf(0, 12) + 5
    const type = question.readUInt16BE(end - 4)
    asked.push(type)
    const answer = answerTo(type)
    if (answer === 'none') return
    const { code = 0, records = [] } = answer
    const head = Buffer.from(question.subarray(0, 12))
    head.set([0x81, 0x80 | code, 0, 1, 0, records.length, 0, 0, 0, 0], 2)
    // The name is that of the question; class IN, a minute.
    const told = records.map((one) => Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, one.length, ...one]))
    socket.send(Buffer.concat([head, question.subarray(12, end), ...told]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { asked, resolve: byNameServers([`127.0.0.1:${socket.address().port}`]) }
}
const V4 = [9, 9, 9, 9]
const V6 = [0x26, 0x20, 0, 0xfe, ...Array<number>(11).fill(0), 9]

test('addresses of both families are found', async () => {
  const { asked, resolve } = await nameServer((type) => ({ records: type === A ? [V4, [8, 8, 8, 8]] : [V6] }))
  expect(new Set(await resolve('calendar.example'))).toEqual(new Set(['9.9.9.9', '8.8.8.8', '2620:fe::9']))
  expect(new Set(asked)).toEqual(new Set([A, AAAA]))
})

test('one family is enough', async () => {
  const { resolve } = await nameServer((type) => (type === A ? { records: [V4] } : { code: NXDOMAIN }))
  expect(await resolve('calendar.example')).toEqual(['9.9.9.9'])
  const other = await nameServer((type) => (type === AAAA ? { records: [V6] } : {}))
  expect(await other.resolve('calendar.example')).toEqual(['2620:fe::9'])
})

const ask = (resolve: (name: string) => Promise<readonly string[]>) =>
  requestOutside(new URL('https://calendar.example/'), { maxBytes: 1_000, timeoutMs: PATIENCE_MS, resolve })

test('a private address in either family is refused', async () => {
  const { resolve } = await nameServer((type) => ({ records: type === A ? [V4] : [[...Array<number>(15).fill(0), 1]] }))
  await expect(ask(resolve)).rejects.toThrow('not public')
})

test('a name that is not there is refused', async () => {
  const { resolve } = await nameServer(() => ({ code: NXDOMAIN }))
  await expect(ask(resolve)).rejects.toThrow('cannot be resolved')
})

test('names whose server never answers are given up after one question for each family', async () => {
  const { asked, resolve } = await nameServer(() => 'none')
  const slow = await Promise.allSettled(Array.from({ length: 16 }, (_, i) => resolve(`slow-${i}.example`)))
  expect(new Set(slow.map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(asked).toHaveLength(32)
})

test('what the operator has named is looked up as the system does, which knows more than name servers, and nothing else is', async () => {
  expect(await resolverFor(true)('127.0.0.1')).toEqual(['127.0.0.1'])
  await expect(resolverFor(false)('127.0.0.1')).rejects.toThrow('ENOTFOUND')
})

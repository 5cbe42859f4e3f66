import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { directHeads } from './jetstream-direct.js'

const message = (head: Record<string, string>, code = 0, data = new Uint8Array()): Msg => {
  const headers = code === 0 ? natsHeaders() : natsHeaders(code, 'status')
  for (const [name, value] of Object.entries(head)) headers.set(name, value)
  return { headers, data } as Msg
}
/** A replica that gives one answer: real servers cannot be made to lag. */
const replica = (...answer: Msg[]): NatsConnection =>
  ({
    requestMany: async () =>
      (async function* () {
        yield* answer
      })(),
  }) as unknown as NatsConnection

const empty = replica(message({}, 404))
const filled = (upTo: number) =>
  replica(
    message({ 'Nats-Subject': 'a.b', 'Nats-Sequence': '7' }, 0, new Uint8Array([1])),
    message({ 'Nats-UpTo-Sequence': String(upTo) }, 204),
  )
const leader = (lastSeq: number, ...subjects: string[]) => ({
  lastSeq,
  has: async (filter: string) => subjects.includes(filter),
})

test('heads come from a replica that has what the leader had', async () => {
  expect(await directHeads(filled(9), 'S', { filters: ['a.*'], afterSeq: 0 }, leader(9))).toEqual(new Map([['a.b', 7]]))
  await expect(directHeads(filled(8), 'S', { filters: ['a.*'], afterSeq: 0 }, leader(9))).rejects.toThrow(/^timeout/)
})

test('"no messages" is believed when the leader has none either', async () => {
  expect(await directHeads(empty, 'S', { filters: ['a.*'], afterSeq: 0 }, leader(9, 'other.*'))).toEqual(new Map())
  await expect(directHeads(empty, 'S', { filters: ['b.*', 'a.*'], afterSeq: 0 }, leader(9, 'a.*'))).rejects.toThrow(
    /^timeout/,
  )
})

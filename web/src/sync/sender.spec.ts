import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import type { OutboxStorage, OutgoingMessage } from './outbox.js'
import { Sender } from './sender.js'

function memory(): OutboxStorage & { kept: Map<string, OutgoingMessage> } {
  const kept = new Map<string, OutgoingMessage>()
  return {
    kept,
    put: async (message) => void kept.set(message.id, message),
    delete: async (id) => void kept.delete(id),
    of: async (userId) => [...kept.values()].filter((message) => message.userId === userId),
  }
}
const refusal = (reason: ErrorReason, code = Code.FailedPrecondition) =>
  new ConnectError('', code, undefined, [{ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason }) }])

/** A server that answers as told, message by message. */
function server(...answers: ('ok' | ConnectError)[]) {
  const storage = memory()
  const posted: OutgoingMessage[] = []
  let settled: () => void = () => undefined
  const sender = new Sender({
    storage,
    pause: async () => undefined,
    post: async (message) => {
      posted.push(message)
      const answer = answers.shift() ?? 'ok'
      if (answers.length === 0) queueMicrotask(() => settled())
      if (answer !== 'ok') throw answer
    },
  })
  const quiet = async () => {
    await new Promise<void>((resolve) => {
      settled = resolve
    })
    while (sender.outgoing.value.some(({ refused }) => refused === undefined)) await new Promise((r) => setTimeout(r))
  }
  return { sender, storage, posted, quiet }
}

test('a message is shown at once, kept, and gone when it is in the log', async () => {
  const { sender, storage, posted, quiet } = server('ok')
  await sender.start('me')
  const sending = sender.send('g', { text: 'hello' })
  expect(sender.outgoing.value).toMatchObject([{ text: 'hello', groupId: 'g', userId: 'me' }])
  await Promise.all([sending, quiet()])
  expect(posted).toHaveLength(1)
  expect(storage.kept.size).toBe(0)
})

test('on a bad network the same message is sent again, in order, until it is answered', async () => {
  const down = refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)
  const { sender, posted, quiet } = server(down, down, 'ok', down, 'ok')
  await sender.start('me')
  await sender.send('g', { text: 'one' })
  await sender.send('g', { text: 'two' })
  await quiet()
  expect(posted.map(({ text }) => text)).toEqual(['one', 'one', 'one', 'two', 'two'])
  expect(new Set(posted.map(({ id }) => id)).size).toBe(2)
})

test('a refused message stays, says why, and can be tried again or discarded', async () => {
  const { sender, storage, quiet } = server(refusal(ErrorReason.NOT_A_MEMBER), 'ok')
  await sender.start('me')
  await sender.send('g', { text: 'hello' })
  while (sender.outgoing.value[0]?.refused === undefined) await new Promise((resolve) => setTimeout(resolve))
  expect(sender.outgoing.value[0].refused).toBe('NOT_A_MEMBER')
  expect(storage.kept.size).toBe(1)
  await Promise.all([sender.retry(sender.outgoing.value[0].id), quiet()])
  expect(sender.outgoing.value).toEqual([])
})

test('what an earlier page has left is sent by the next one, for the same person only', async () => {
  const { sender, storage, posted, quiet } = server('ok')
  const left = { id: 'i', groupId: 'g', text: 'left', createdAt: 1 }
  await storage.put({ ...left, userId: 'me' })
  await storage.put({ ...left, id: 'j', userId: 'other' })
  await Promise.all([sender.start('me'), quiet()])
  expect(posted.map(({ id }) => id)).toEqual(['i'])
  expect([...storage.kept.keys()]).toEqual(['j'])
})

import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import type { OutgoingFile, OutgoingMessage } from './model/outgoing.js'
import type { OutboxChange, OutboxStorage } from './saved/outbox.js'
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

/** Neither refused nor known to the server. */
const pending = (sender: Sender): number =>
  sender.outgoing.value.filter(({ refused, posted }) => refused === undefined && !posted).length

/** A server that answers as scripted, message by message. */
function server(...answers: ('ok' | ConnectError)[]) {
  return serverOver(memory(), ...answers)
}

/** A window with an outbox that it shares with others. */
function serverOver(storage: ReturnType<typeof memory>, ...answers: ('ok' | ConnectError)[]) {
  const changes: OutboxChange[] = []
  const uploaded: string[] = []
  const posted: OutgoingMessage[] = []
  let settled: () => void = () => undefined
  const sender = new Sender({
    storage,
    announce: (change) => void changes.push(change),
    upload: async ({ name, localId }) => {
      const answer = answers[0] === 'ok' || answers[0] === undefined ? 'ok' : answers.shift()
      if (answer !== 'ok') throw answer
      uploaded.push(name)
      return stored(localId)
    },
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
    while (pending(sender) > 0) await new Promise((r) => setTimeout(r))
  }
  const start = async () => {
    await sender.start('me')
    await sender.deliver(true)
  }
  return { sender, storage, posted, quiet, changes, uploaded, start }
}
const stored = (localId: string): OutgoingFile => ({
  fileId: `stored ${localId}`,
  name: localId,
  contentType: 'text/plain',
  size: 1,
  width: 0,
  height: 0,
  hasThumbnail: false,
  voice: false,
  durationMs: 0,
  waveform: [],
})

test('a message is shown at once, stored, and removed when it is in the log', async () => {
  const { sender, storage, posted, quiet, start } = server('ok')
  await start()
  const sending = sender.send('g', { text: 'hello' })
  expect(sender.outgoing.value).toMatchObject([{ text: 'hello', groupId: 'g', userId: 'me' }])
  await Promise.all([sending, quiet()])
  expect(posted).toHaveLength(1)
  while (storage.kept.size > 0) await new Promise((resolve) => setTimeout(resolve))
  // On the screen until it comes back through the log: it must not flicker.
  expect(sender.outgoing.value).toMatchObject([{ text: 'hello', posted: true }])
  await sender.discard(posted[0]?.id ?? '')
  expect(sender.outgoing.value).toEqual([])
})

test('on a bad network the same message is sent again, in order, until it is answered', async () => {
  const down = refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)
  const { sender, posted, quiet, start } = server(down, down, 'ok', down, 'ok')
  await start()
  await sender.send('g', { text: 'one' })
  await sender.send('g', { text: 'two' })
  await quiet()
  expect(posted.map(({ text }) => text)).toEqual(['one', 'one', 'one', 'two', 'two'])
  expect(new Set(posted.map(({ id }) => id)).size).toBe(2)
})

test('a refused message stays, shows the reason, and can be sent again or discarded', async () => {
  const { sender, storage, quiet, start } = server(refusal(ErrorReason.NOT_A_MEMBER), 'ok')
  await start()
  await sender.send('g', { text: 'hello' })
  while (sender.outgoing.value[0]?.refused === undefined) await new Promise((resolve) => setTimeout(resolve))
  expect(sender.outgoing.value[0].refused).toBe('NOT_A_MEMBER')
  expect(storage.kept.size).toBe(1)
  await Promise.all([sender.retry(sender.outgoing.value[0].id), quiet()])
  expect(sender.outgoing.value).toMatchObject([{ posted: true }])
})

test('messages left by an earlier page are sent by the next one, for the same person only', async () => {
  const { storage, posted, quiet, start } = server('ok')
  const left = { id: 'i', groupId: 'g', text: 'left', createdAt: 1 }
  await storage.put({ ...left, userId: 'me' })
  await storage.put({ ...left, id: 'j', userId: 'other' })
  await Promise.all([start(), quiet()])
  expect(posted.map(({ id }) => id)).toEqual(['i'])
  expect([...storage.kept.keys()]).toEqual(['j'])
})

test('when nobody is signed in any more nothing is taken: it would belong to nobody', async () => {
  const { sender, storage, start } = server()
  await start()
  sender.stop()
  await expect(sender.send('g', { text: 'late' })).rejects.toThrow('signed out')
  expect([sender.outgoing.value, storage.kept.size]).toEqual([[], 0])
})

test('what is sent again under its id is one message', async () => {
  const { sender, storage, start } = server()
  await start()
  await sender.deliver(false)
  await sender.send('g', { id: 'one', text: 'hello' })
  await sender.send('g', { id: 'one', text: 'hello' })
  expect([sender.outgoing.value.map(({ id }) => id), [...storage.kept.keys()]]).toEqual([['one'], ['one']])
})

test('a window that does not lead stores its messages; the leader sends them, and both remove them', async () => {
  const outbox = memory()
  const leader = serverOver(outbox, 'ok')
  const follower = serverOver(outbox)
  await leader.start()
  await follower.sender.start('me')
  await follower.sender.send('g', { text: 'from the other window' })
  expect(follower.posted).toEqual([])
  const put = follower.changes.at(-1)
  if (put) leader.sender.handleChange(put)
  await leader.quiet()
  expect(leader.posted.map(({ text }) => text)).toEqual(['from the other window'])
  await leader.sender.discard(leader.posted[0]?.id ?? '')
  for (const change of leader.changes) follower.sender.handleChange(change)
  expect(leader.changes.map(({ kind }) => kind)).toEqual(['posted', 'gone'])
  expect(follower.sender.outgoing.value).toEqual([])
  expect(outbox.kept.size).toBe(0)
})

test('when the leader is gone, the next one sends the remaining messages, in the order in which they were written', async () => {
  const outbox = memory()
  const first = serverOver(
    outbox,
    ...Array.from({ length: 5 }, () => refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)),
  )
  await first.start()
  for (const text of ['one', 'two']) await first.sender.send('g', { text })
  await first.sender.deliver(false)
  const second = serverOver(outbox, 'ok', 'ok')
  await second.sender.start('me')
  const done = second.quiet()
  await second.sender.deliver(true)
  await done
  expect(second.posted.map(({ text }) => text)).toEqual(['one', 'two'])
  const ids = new Set([...first.posted, ...second.posted].map(({ id }) => id))
  expect(ids.size).toBe(2)
})

test('a waiting file is uploaded once, however often the message is sent', async () => {
  const down = refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)
  const { sender, storage, posted, uploaded, start } = server(down, 'ok', down, 'ok')
  await start()
  const content = new Blob(['x'])
  await sender.send('g', { text: '', waiting: [{ localId: 'a', name: 'a.txt', content }] })
  while (pending(sender) > 0) await new Promise((resolve) => setTimeout(resolve))
  expect(uploaded).toEqual(['a.txt'])
  expect(posted.at(-1)).toMatchObject({ files: [{ fileId: 'stored a' }], waiting: [] })
  expect(storage.kept.size).toBe(0)
})

test('files go in the order in which they were chosen, whichever were uploaded first', async () => {
  const { sender, posted, start } = server()
  await start()
  const content = new Blob(['x'])
  await sender.send('g', {
    text: '',
    files: [stored('second'), stored('fourth')],
    waiting: [
      { localId: 'first', name: 'first.txt', place: 0, content },
      { localId: 'third', name: 'third.txt', place: 2, content },
      { localId: 'of an earlier version', name: 'last.txt', content },
    ],
  })
  while (pending(sender) > 0) await new Promise((resolve) => setTimeout(resolve))
  const order = ['first', 'second', 'third', 'fourth', 'of an earlier version']
  expect(posted.at(-1)?.files?.map(({ fileId }) => fileId)).toEqual(order.map((id) => `stored ${id}`))
})

test('messages that wait for their next attempt are sent at once when the server is back', async () => {
  const storage = memory()
  const posted: string[] = []
  const sender = new Sender({
    storage,
    pause: () => new Promise(() => undefined),
    upload: async ({ localId }) => stored(localId),
    post: async ({ text }) => {
      posted.push(text)
      if (posted.length === 1) throw refusal(ErrorReason.UNAVAILABLE, Code.Unavailable)
    },
  })
  await sender.start('me')
  await sender.deliver(true)
  await sender.send('g', { text: 'patience' })
  while (posted.length < 1) await new Promise((resolve) => setTimeout(resolve))
  await new Promise((resolve) => setTimeout(resolve))
  sender.hurry()
  while (pending(sender) > 0) await new Promise((resolve) => setTimeout(resolve))
  expect(posted).toEqual(['patience', 'patience'])
})

test('a browser without storage still sends, and shows no sent message as refused', async () => {
  const broken = async () => {
    throw new DOMException('no room', 'QuotaExceededError')
  }
  const { sender, posted, quiet, start } = serverOver({ ...memory(), put: broken, delete: broken, of: broken })
  await start()
  const both = quiet()
  await sender.send('g', { text: 'one' })
  await sender.send('g', { text: 'two' })
  await both
  expect(posted.map(({ text }) => text)).toEqual(['one', 'two'])
  expect(sender.outgoing.value.map(({ refused, posted: gone }) => [refused, gone])).toEqual([
    [undefined, true],
    [undefined, true],
  ])
})

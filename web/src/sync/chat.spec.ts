import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  AttachmentSchema,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { chatOnFakes, posted, settled } from './chat-testing.js'
import type { Conversation } from './model/model.js'

/** The page, which reports when it is about to close. */
beforeEach(() => void vi.stubGlobal('window', new EventTarget()))

const refusal = (reason: ErrorReason) =>
  new ConnectError('', Code.FailedPrecondition, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason }) },
  ])
const edited = (messageId: string, text: string) =>
  ({ case: 'messageEdited', value: create(MessageEditedSchema, { messageId, text }) }) as const
const deleted = (messageId: string) =>
  ({ case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId }) }) as const

/** A window that was live once: its saved copy. */
async function keptBefore(...texts: string[]): Promise<Conversation[]> {
  const { server, chat, live } = chatOnFakes()
  server.group('g', ...texts)
  await live()
  return [...chat.conversations.values()]
}

describe('start', () => {
  test('the saved copy is shown, and its cursors are sent; the connection starts beside it', async () => {
    const { chat, texts, cursors, did } = chatOnFakes(await keptBefore('one', 'two'))
    await chat.start()
    expect(texts('g')).toEqual(['one', 'two'])
    expect(cursors()).toMatchObject([{ groupId: 'g', epoch: 'e', messagesSeq: 2n }])
    expect(did).toEqual(['connect', 'companion of me'])
  })

  test('the saved copy is fetched again when the connection is live', async () => {
    const { chat, server, texts, live } = chatOnFakes(await keptBefore('one'))
    server.group('g', 'one, edited elsewhere')
    await live()
    expect(texts('g')).toEqual(['one, edited elsewhere'])
    expect(chat.list.length).toBe(1)
  })

  test('a group that the person has left is removed, also from the saved copy', async () => {
    const { chat, did, says } = chatOnFakes(await keptBefore('one'))
    await chat.start()
    says('ready', { heads: [] })
    expect(chat.list).toEqual([])
    expect(did).toContain('saved: without g')
  })

  test('a start that was stopped meanwhile shows nothing and stays disconnected', async () => {
    const { chat, did } = chatOnFakes(await keptBefore('one'))
    const starting = chat.start()
    chat.stop()
    await starting
    expect(chat.list).toEqual([])
    expect(did.filter((what) => what.endsWith('connect'))).toEqual(['connect', 'disconnect'])
  })

  test('a new group is fetched because of its head; the newest conversations first, one after another', async () => {
    const { server, chat, live, texts } = chatOnFakes()
    for (const id of ['a', 'b']) server.group(id, `in ${id}`)
    await live()
    expect(chat.list.map(({ id }) => id).sort()).toEqual(['a', 'b'])
    expect([texts('a'), texts('b')]).toEqual([['in a'], ['in b']])
    expect(server.asked.filter((what) => what === 'groups').length).toBe(1)
  })
})

describe('sending', () => {
  async function inGroup() {
    const world = chatOnFakes()
    world.server.group('g', 'one')
    await world.live()
    return world
  }

  test('a message is shown at once, and once after it comes back through the log', async () => {
    const { chat, server, commit, texts, did } = await inGroup()
    await chat.send('g', { text: 'mine' })
    const [waiting] = chat.outgoing
    expect(waiting).toMatchObject({ text: 'mine', groupId: 'g', userId: 'me' })
    expect(texts('g')).toEqual(['one'])
    await settled()
    expect(server.posts.map(({ text }) => text)).toEqual(['mine'])
    expect(chat.outgoing.length).toBe(1)
    commit('g', [posted(waiting!.id, 'mine', 'me')])
    await settled()
    expect(chat.outgoing).toEqual([])
    expect(texts('g')).toEqual(['one', 'mine'])
    expect(did).toContain('me types no more')
  })

  test('one that comes back before its answer is also shown once, and is not sent again', async () => {
    const { chat, server, commit, texts, storage } = await inGroup()
    server.post = async ({ id }) => commit('g', [posted(id, 'mine', 'me')])
    await chat.send('g', { text: 'mine' })
    await settled()
    expect(texts('g')).toEqual(['one', 'mine'])
    expect([chat.outgoing.length, storage.size, server.posts.length]).toEqual([0, 0, 1])
  })

  test('one without an answer is sent again as the same message', async () => {
    const { chat, server } = await inGroup()
    let failures = 1
    server.post = async () => {
      if (failures-- > 0) throw new ConnectError('', Code.Unavailable)
    }
    await chat.send('g', { text: 'mine' })
    await expect.poll(() => server.posts.length).toBe(2)
    expect(new Set(server.posts.map(({ id }) => id)).size).toBe(1)
  })

  test('one that waits for its next attempt is sent as soon as there is a live connection', async () => {
    const { chat, server, says } = await inGroup()
    server.pause = () => new Promise(() => undefined)
    server.post = () => Promise.reject(new ConnectError('', Code.Unavailable))
    await chat.send('g', { text: 'mine' })
    await settled()
    server.post = async () => undefined
    says('live', {})
    await expect.poll(() => server.posts.length).toBe(2)
  })

  test('a refused one shows the reason, stays, and can be sent again or discarded', async () => {
    const { chat, server, storage } = await inGroup()
    server.post = async () => Promise.reject(refusal(ErrorReason.NOT_PERMITTED))
    await chat.send('g', { text: 'mine' })
    await settled()
    const [message] = chat.outgoing
    expect(message?.refused).toBe('NOT_PERMITTED')
    server.post = async () => undefined
    await chat.retry(message!.id)
    await settled()
    expect(server.posts.map(({ id }) => id)).toEqual([message!.id, message!.id])
    await chat.discard(message!.id)
    expect([chat.outgoing.length, storage.size]).toEqual([0, 0])
  })

  test('a window that does not lead shows what it sends and leaves the sending to the leader', async () => {
    const { chat, server, connection } = await inGroup()
    connection.leading.value = false
    await settled()
    await chat.send('g', { text: 'mine' })
    await settled()
    expect(chat.outgoing.length).toBe(1)
    expect(server.posts).toEqual([])
    connection.leading.value = true
    await expect.poll(() => server.posts.length).toBe(1)
  })
})

describe('commits', () => {
  async function inGroup(...texts: string[]) {
    const world = chatOnFakes()
    world.server.group('g', ...texts)
    await world.live()
    world.did.length = 0
    return world
  }

  test('messages of others appear in the order of the log', async () => {
    const { commit, texts, chat } = await inGroup('one')
    commit('g', [posted('two')])
    commit('g', [posted('three'), posted('four')])
    expect(texts('g')).toEqual(['one', 'two', 'three', 'four'])
    expect(chat.conversations.get('g')?.read.unread).toBe(3)
  })

  test('an edited message shows its new text', async () => {
    const { commit, texts } = await inGroup('one', 'two')
    commit('g', [edited('one', 'uno')])
    expect(texts('g')).toEqual(['uno', 'two'])
  })

  test('a deleted one is removed at once: from the screen, from memory, and from the saved copy', async () => {
    const { commit, texts, did, chat } = await inGroup('one')
    commit('g', [
      {
        case: 'messagePosted',
        value: create(MessagePostedSchema, {
          messageId: 'two',
          authorId: 'ann',
          attachments: [create(AttachmentSchema, { fileId: 'picture' })],
        }),
      },
    ])
    did.length = 0
    commit('g', [deleted('two')])
    expect(texts('g')).toEqual(['one'])
    expect(did).toEqual(['file picture forgotten', 'saved: flush'])
    expect(JSON.stringify([...chat.conversations.values()].map(({ messages }) => messages?.length))).toBe('[1]')
  })

  test('one that arrives twice counts once', async () => {
    const { commit, texts, did } = await inGroup('one')
    commit('g', [posted('two')])
    commit('g', [posted('two')], { seq: 2, prevSeq: 1 })
    expect(texts('g')).toEqual(['one', 'two'])
    expect(did).not.toContain('resume')
  })

  test('after a gap nothing is shown out of place: the connection is resumed with the earlier cursors', async () => {
    const { commit, texts, did, cursors } = await inGroup('one')
    commit('g', [posted('three')], { seq: 3, prevSeq: 2 })
    expect(texts('g')).toEqual(['one'])
    expect(did).toEqual(['resume'])
    expect(cursors()).toMatchObject([{ messagesSeq: 1n }])
  })

  test('one that arrives during a fetch is shown, although the fetched page lacks it', async () => {
    const { server, says, commit, texts } = await inGroup('one')
    const arrival = Promise.withResolvers<void>()
    server.onTheWay = arrival.promise
    says('snapshotRequired', { head: server.head('g') })
    await settled()
    commit('g', [posted('two')])
    arrival.resolve()
    await settled()
    expect(texts('g')).toEqual(['one', 'two'])
  })

  test('counters that cannot be computed from it are requested', async () => {
    const { server, commit } = await inGroup('one')
    server.asked.length = 0
    commit('g', [deleted('a message of long ago')])
    await settled()
    expect(server.asked).toEqual(['read states'])
  })

  test('one of a group that is being fetched is in the result', async () => {
    const { server, says, commit, texts, chat } = await inGroup('one')
    says('groupJoined', { head: server.group('new', 'first') })
    server.group('new', 'first', 'second')
    commit('new', [posted('second')], { seq: 2, prevSeq: 1 })
    await settled()
    await chat.load('new')
    expect(texts('new')).toEqual(['first', 'second'])
    expect(chat.conversations.get('new')?.seqs.messages).toBe(2)
  })

  test('one of an unknown lane or group changes nothing', async () => {
    const { commit, did, chat } = await inGroup('one')
    commit('elsewhere', [posted('x')])
    await settled()
    expect(chat.list.length).toBe(1)
    expect(did).toEqual([])
  })
})

describe('frames about a group', () => {
  async function inGroup(...texts: string[]) {
    const world = chatOnFakes()
    world.server.group('g', ...texts)
    await world.live()
    return world
  }

  test('a group that is too far behind stays on the screen until it is fetched again', async () => {
    const { server, says, texts } = await inGroup('one')
    says('snapshotRequired', { head: server.group('g', 'one', 'two', 'three') })
    expect(texts('g')).toEqual(['one'])
    await settled()
    expect(texts('g')).toEqual(['one', 'two', 'three'])
  })

  test('a summary that is behind the head of its group is requested again', async () => {
    const { server, says, chat } = await inGroup('one')
    server.asOf.set('g', 3n)
    says('snapshotRequired', { head: cursorOf('g', 'e', { ...NO_HEADS, roster: 5, messages: 1 }) })
    await settled()
    expect(chat.conversations.get('g')?.seqs.roster).toBe(0)
    server.asOf.set('g', 5n)
    await expect.poll(() => chat.conversations.get('g')?.seqs.roster).toBe(5)
  })

  test('a group that the person has left is removed', async () => {
    const { says, chat, did } = await inGroup('one')
    says('groupLeft', { groupId: 'g' })
    expect(chat.list).toEqual([])
    expect(did).toContain('saved: without g')
  })

  test('whom one blocks stops counting, here and in what the server counts', async () => {
    const { commit, chat, blocked, server } = await inGroup('one')
    commit('g', [posted('two')])
    server.asked.length = 0
    blocked.value = new Set(['ann'])
    await settled()
    expect(server.asked).toContain('read states after a block')
    commit('g', [posted('three')])
    expect(chat.conversations.get('g')?.read.unread).toBe(0)
  })

  test('a read marker of another device applies here', async () => {
    const { says, commit, chat } = await inGroup('one')
    commit('g', [posted('two')])
    expect(chat.conversations.get('g')?.read.unread).toBe(1)
    const value = create(ReadStateSchema, { groupId: 'g', readSeq: 2n, readIndex: 0xffff, messagesSeq: 2n })
    says('userEvent', { event: { case: 'readState', value } })
    expect(chat.conversations.get('g')?.read.unread).toBe(0)
  })

  test('a message that another device deleted for me is removed here, and from the saved copy', async () => {
    const { says, texts, did } = await inGroup('one', 'two')
    did.length = 0
    says('userEvent', { event: { case: 'messageHidden', value: { groupId: 'g', messageId: 'one' } } } as never)
    expect(texts('g')).toEqual(['two'])
    expect(did).toEqual(['saved: flush'])
  })

  test('a page in flight when a message was deleted for me does not bring it back', async () => {
    const { server, says, texts } = await inGroup('one', 'two')
    const arrival = Promise.withResolvers<void>()
    server.onTheWay = arrival.promise
    says('snapshotRequired', { head: server.head('g') })
    await settled()
    server.texts.set('g', ['two'])
    says('userEvent', { event: { case: 'messageHidden', value: { groupId: 'g', messageId: 'one' } } } as never)
    arrival.resolve()
    await settled()
    expect(texts('g')).toEqual(['two'])
  })

  test('read markers are requested on each live connection, because this device missed those of others', async () => {
    const { server, says } = await inGroup('one')
    server.asked.length = 0
    says('live', {})
    await settled()
    expect(server.asked).toContain('read states')
  })
})

describe('the end', () => {
  test('stop clears the screen and keeps what is saved', async () => {
    const { chat, server, live, did } = chatOnFakes()
    server.group('g', 'one')
    await live()
    did.length = 0
    chat.stop()
    expect([chat.list, chat.outgoing]).toEqual([[], []])
    expect(did).toEqual(['saved: flush', 'disconnect', 'companion stops'])
  })

  test.each([
    [true, 'saved: forget all'],
    [false, 'saved: forget but unsent'],
  ])(
    'signing out (asked for: %s): first the writers are stopped, then the saved data is deleted',
    async (asked, step) => {
      const { chat, did } = chatOnFakes()
      await chat.start()
      did.length = 0
      await chat.forget(asked)
      expect(did).toEqual(['companion stops', step])
    },
  )
})

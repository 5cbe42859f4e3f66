import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import { describe, expect, test } from 'vitest'
import { Connection } from './connection.js'
import { cursor, fakeWire } from './link/fake-wire.js'
import { GatewayLink } from './link/gateway-link.js'
import type { FrameCase } from './link/wire.js'
import { fakeChannels } from './tabs/fake-channels.js'

/** Windows of one browser: whoever asks first leads, until it gives up. */
function browser() {
  const channels = fakeChannels()
  const queue: { readonly lead: () => void; readonly signal: AbortSignal }[] = []
  const next = () => queue[0]?.lead()
  const leave = (entry: (typeof queue)[number]) => {
    const wasLeading = queue[0] === entry
    queue.splice(queue.indexOf(entry), 1)
    if (wasLeading) next()
  }
  /** Opens a window. `cursors`: what it has saved. */
  return function open(cursors: () => Cursor[] = () => [], restored?: Promise<void>) {
    const wire = fakeWire()
    const connection = new Connection({
      link: (listener) => new GatewayLink(wire.parts, listener),
      openChannel: () => channels.open(),
      whenLeading: (_, signal, lead) => {
        const entry = { signal, lead: () => lead(false) }
        signal.addEventListener('abort', () => leave(entry))
        if (queue.push(entry) === 1) next()
      },
      userId: () => 'ann',
      log: wire.log,
    })
    const heard: FrameCase[] = []
    for (const kind of ['ready', 'snapshotRequired', 'live', 'presence'] as const)
      connection.on(kind, () => heard.push(kind))
    connection.start(cursors, restored)
    return { connection, heard, ...wire, status: () => connection.status.value }
  }
}
const head = cursor('g', 5n)

describe('the windows of one browser', () => {
  test('the first one opens the only socket; the others receive through it', async () => {
    const open = browser()
    const first = open()
    await first.clock.pass(0)
    first.socket().goLive([head])
    const second = open()
    await second.clock.pass(0)
    expect([first.connection.leading.value, second.connection.leading.value]).toEqual([true, false])
    expect(second.sockets).toEqual([])
    expect(second.heard).toEqual(['ready', 'snapshotRequired', 'live'])
    first.socket().says({ case: 'presence', value: { userId: 'bob' } })
    expect(second.heard.at(-1)).toBe('presence')
    expect([first.status(), second.status()]).toEqual(['live', 'live'])
  })

  test('when the leader closes, the next one opens a socket with its own cursors', async () => {
    const open = browser()
    const first = open()
    await first.clock.pass(0)
    first.socket().goLive([head])
    const second = open(() => [head])
    expect(second.heard).toEqual(['ready', 'live'])
    first.connection.stop()
    await second.clock.pass(0)
    expect(second.connection.leading.value).toBe(true)
    expect(second.status()).toBe('connecting')
    second.socket().accept()
    expect(second.socket().of('hello')).toMatchObject([{ cursors: [{ groupId: 'g', messagesSeq: 5n }] }])
    expect(first.connection.leading.value).toBe(false)
    await first.clock.pass(0)
    expect(first.socket().status).toBe('closed')
  })

  test('a new leader passes on what it receives to a third window', async () => {
    const open = browser()
    const [first, second, third] = [open(), open(), open()]
    await first.clock.pass(0)
    first.socket().goLive()
    first.connection.stop()
    await second.clock.pass(0)
    expect(third.status()).toBe('connecting')
    second.socket().goLive()
    expect(third.status()).toBe('live')
    second.socket().says({ case: 'presence', value: { userId: 'bob' } })
    expect([second.heard.at(-1), third.heard.at(-1)]).toEqual(['presence', 'presence'])
    expect(third.sockets).toEqual([])
  })

  test('a window that starts again asks only once to lead, and the former attempt ends', async () => {
    const open = browser()
    const [first, second] = [open(), open()]
    await first.clock.pass(0)
    first.connection.start(() => [])
    await second.clock.pass(0)
    expect([first.connection.leading.value, second.connection.leading.value]).toEqual([false, true])
    second.connection.stop()
    await first.clock.pass(0)
    expect(first.connection.leading.value).toBe(true)
  })

  test('a leader that is signed out tells the others why', async () => {
    const open = browser()
    const [first, second] = [open(), open()]
    await first.clock.pass(0)
    first.socket().goLive()
    first.socket().drop(CloseCode.SESSION_ENDED)
    expect(second.status()).toBe('stopped')
    expect(second.connection.stopped.value).toBe('signed out')
  })
})

describe('a page that is frozen', () => {
  test('gives up the lead, and connects again with its cursors when it is back', async () => {
    const open = browser()
    const [first, second] = [open(() => [head]), open()]
    await first.clock.pass(0)
    first.socket().goLive()
    first.connection.pause()
    await second.clock.pass(0)
    second.socket().goLive([head])
    expect(second.connection.leading.value).toBe(true)
    first.heard.length = 0
    first.connection.unpause()
    expect(first.heard).toEqual(['ready', 'live'])
    expect(first.status()).toBe('live')
  })

  test('that was signed out stays so', () => {
    const { connection, status } = browser()()
    connection.stop()
    connection.pause()
    connection.unpause()
    expect(status()).toBe('idle')
  })
})

describe('while the saved history is being restored', () => {
  test('the socket is opened, and Hello waits for the cursors', async () => {
    const restored = Promise.withResolvers<void>()
    const cursors: Cursor[] = []
    const { clock, socket } = browser()(() => cursors, restored.promise)
    await clock.pass(0)
    socket().accept()
    expect(socket().of('hello')).toEqual([])
    cursors.push(head)
    restored.resolve()
    await clock.pass(0)
    expect(socket().of('hello')).toMatchObject([{ cursors: [{ groupId: 'g' }] }])
  })

  test('a history that cannot be restored is no reason to wait', async () => {
    const { clock, socket } = browser()(() => [], Promise.reject(new Error('the storage is broken')))
    await clock.pass(0)
    socket().accept()
    expect(socket().of('hello')).toHaveLength(1)
  })
})

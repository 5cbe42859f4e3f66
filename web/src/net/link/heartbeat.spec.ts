import { describe, expect, test } from 'vitest'
import { linkOnFakeWire } from './fake-wire.js'

describe('silence', () => {
  test('it pings after the silence that the gateway named, and every frame restarts the timer', async () => {
    const { clock, live, socket } = linkOnFakeWire()
    await live()
    await clock.pass(15_000)
    socket().says({ case: 'groupLeft', value: { groupId: 'g' } })
    await clock.pass(15_000)
    expect(socket().of('ping').length).toBe(0)
    await clock.pass(5_000)
    expect(socket().of('ping').length).toBe(1)
  })

  test('without an answer to a ping the connection is considered dead', async () => {
    const { link, clock, sockets, live, socket } = linkOnFakeWire()
    await live()
    await clock.pass(29_999)
    expect(link.state.status).toBe('live')
    await clock.pass(2)
    expect(socket().status).toBe('closed')
    await clock.pass(1_000)
    expect(sockets.length).toBe(2)
  })

  test('an answer to a ping keeps it', async () => {
    const { link, clock, live, socket } = linkOnFakeWire()
    await live()
    await clock.pass(20_000)
    socket().says({ case: 'pong', value: {} })
    await clock.pass(19_000)
    expect(link.state.status).toBe('live')
    expect(socket().status).toBe('open')
  })

  test('the silence of a closed connection does not end the next attempt', async () => {
    const { clock, live, socket, sockets } = linkOnFakeWire()
    await live()
    socket().drop(1006)
    await clock.pass(60_000)
    expect(sockets.length).toBe(2)
    expect(socket().status).toBe('connecting')
  })

  test('a hidden window pings by its own clock', async () => {
    const { live, socket, happens } = linkOnFakeWire()
    await live()
    happens('hiddenTick')
    expect(socket().of('ping').length).toBe(1)
  })
})

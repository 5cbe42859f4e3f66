import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { Code, ConnectError } from '@connectrpc/connect'
import { describe, expect, test } from 'vitest'
import { linkOnFakeWire } from './fake-wire.js'

describe('the access token', () => {
  test('a new one is sent before the old one expires, on the same connection, and again for the next', async () => {
    const { clock, sockets, live, socket, around } = linkOnFakeWire()
    around.expiresAt = clock.now() + 600_000
    await live()
    around.token = async () => {
      around.expiresAt = clock.now() + 600_000
      return 'new'
    }
    const pings = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 10_000) {
        socket().says({ case: 'pong', value: {} })
        await clock.pass(10_000)
      }
    }
    await pings(540_000)
    expect(socket().of('authenticate')).toEqual([])
    await pings(20_000)
    expect(socket().of('authenticate')).toMatchObject([{ accessToken: 'new' }])
    await pings(560_000)
    expect(socket().of('authenticate').length).toBe(2)
    expect(sockets.length).toBe(1)
  })

  test('none is fetched for a connection that was stopped', async () => {
    const { link, clock, live, around } = linkOnFakeWire()
    await live()
    link.stop()
    let asked = 0
    around.token = async () => `token ${++asked}`
    await clock.pass(3_600_000)
    expect(asked).toBe(0)
  })

  test('one that cannot be renewed is left to the gateway, which closes', async () => {
    const { link, clock, live, socket, around } = linkOnFakeWire()
    around.expiresAt = clock.now() + 51_000
    await live()
    around.token = () => Promise.reject(new ConnectError('down', Code.Unavailable))
    await clock.pass(5_000)
    expect(socket().of('authenticate')).toEqual([])
    expect(link.state.status).toBe('live')
  })

  test('one that arrives after the connection has ended is not sent on the next', async () => {
    const { clock, live, socket, around } = linkOnFakeWire()
    around.expiresAt = clock.now() + 51_000
    await live()
    let give: (token: string) => void = () => undefined
    around.token = () => new Promise((resolve) => (give = resolve))
    await clock.pass(1_000)
    around.token = async () => 'token'
    around.expiresAt = clock.now() + 600_000
    socket().drop(CloseCode.DRAINING)
    await clock.pass(1)
    socket().goLive()
    give('late')
    await clock.pass(1)
    expect(socket().of('authenticate')).toEqual([])
  })
})

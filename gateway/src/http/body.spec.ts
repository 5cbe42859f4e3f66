import type { HttpResponse } from 'uWebSockets.js'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { BodyRoom, readBody } from './body.js'

const LIMIT = 256 * 1024
type OnData = (chunk: ArrayBuffer, isLast: boolean) => void

/** A body that is sent piece by piece. */
function sending(...bounds: Parameters<typeof readBody> extends [unknown, number, ...infer Rest] ? Rest : never) {
  let onData: OnData = () => {}
  const close = vi.fn()
  const res = {
    onData: (handler: OnData) => {
      onData = handler
    },
    close,
  }
  const body = readBody(res as unknown as HttpResponse, LIMIT, ...bounds)
  const sendChunk: OnData = (chunk, isLast) => onData(chunk, isLast)
  const send = (text: string, isLast = false) => sendChunk(new Uint8Array(Buffer.from(text)).buffer, isLast)
  return { body, send, sendChunk, close }
}

test('a body is what was sent, however it was cut, up to its limit', async () => {
  const { body, send } = sending()
  for (const piece of ['one', '', 'x'.repeat(LIMIT - 6), 'two']) send(piece)
  send('', true)
  expect(Buffer.from((await body) ?? []).toString()).toBe(`one${'x'.repeat(LIMIT - 6)}two`)
})

test('byte by byte it takes no more memory than at once', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const inUse = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const { body, sendChunk } = sending()
  const byte = new Uint8Array(1).buffer
  const before = inUse()
  for (let i = 0; i < LIMIT; i++) sendChunk(byte, false)
  expect(inUse() - before).toBeLessThan(8 * LIMIT)
  sendChunk(byte.slice(1), true)
  expect(await body).toHaveLength(LIMIT)
})

test('one that is too large is refused at its end; one without an end closes the connection', async () => {
  const large = sending()
  large.send('x'.repeat(LIMIT))
  large.send('x', true)
  expect(await large.body).toBeUndefined()
  expect(large.close).not.toHaveBeenCalled()
  const endless = sending()
  for (let i = 0; i < 5; i++) endless.send('x'.repeat(LIMIT))
  expect(await endless.body).toBeUndefined()
  expect(endless.close).toHaveBeenCalledOnce()
})

test('bodies that are being read have a bounded room, which is free again when they are there, or their senders gone', async () => {
  const room = new BodyRoom(3 * LIMIT)
  const senders = Array.from({ length: 4 }, () => {
    const gone = new AbortController()
    return { gone, ...sending({ room, gone: gone.signal }) }
  })
  const [first, second, , fourth] = senders
  for (const { send } of senders.slice(0, 3)) send('x'.repeat(LIMIT - 1))
  fourth?.send('x')
  await expect(fourth?.body).rejects.toThrow('UNAVAILABLE')
  first?.send('x', true)
  expect(await first?.body).toHaveLength(LIMIT)
  second?.gone.abort()
  second?.gone.abort()
  const again = [0, 1].map(() => sending({ room, gone: new AbortController().signal }))
  for (const { send } of again) send('x'.repeat(LIMIT), true)
  expect((await Promise.all(again.map(({ body }) => body))).map((body) => body?.length)).toEqual([LIMIT, LIMIT])
})

import { request } from 'node:http'
import { FILES_BUCKET } from '@beseda/proto'
import { Installation, Person } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** Files under load, on the built system: byte by byte what was sent, and nothing left behind in the store. */
let beseda: Installation
let ann: Person
beforeAll(async () => {
  beseda = await Installation.start({ MAX_UPLOAD_MB: '1' })
  ann = await Person.register(beseda.url)
})
afterAll(() => beseda?.stop())

/** Of one piece in the object store. */
const PIECE = 128 * 1024

const bearer = (): Record<string, string> => ({ Authorization: `Bearer ${ann.tokens.accessToken}` })
const noise = (size: number, seed: number) => new Uint8Array(size).map((_, i) => (i * 31 + seed * 7 + (i >> 8)) % 256)
async function upload(url: string, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const response = await fetch(`${url}/api/files?name=noise.bin`, { method: 'POST', body, headers: bearer() })
  return ((await response.json()) as { id: string }).id
}
const download = (url: string, id: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${url}/api/files/${id}`, { headers: { ...bearer(), ...headers }, ...(signal ? { signal } : {}) })
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

/** State of the stream behind the object store. */
async function store() {
  const bus = await beseda.connectToBus()
  const { streams } = await jetstreamManager(bus)
  const { state } = await streams.info(`OBJ_${FILES_BUCKET}`)
  await bus.close()
  return { pieces: state.messages, readers: state.consumer_count }
}

test('of any size, many at once through both gateways, come back as they were', async () => {
  const sizes = [0, 1, PIECE - 1, PIECE, PIECE + 1, 4 * PIECE, 4 * PIECE + 1, 1024 * 1024]
  const files = sizes.map((size, seed) => noise(size, seed))
  const urls = [beseda.url, beseda.url2]
  const ids = await Promise.all(files.map((bytes, i) => upload(urls[i % 2]!, bytes)))
  const check = async (i: number) => {
    const url = urls[(i + 1) % 2]!
    expect(await bytesOf(await download(url, ids[i]!))).toEqual(files[i])
    const size = sizes[i]!
    if (size < 2) return
    const [from, to] = [Math.floor(size / 2) - 1, size - 1]
    const part = await download(url, ids[i]!, { Range: `bytes=${from}-${to}` })
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to}/${size}`)
    expect(await bytesOf(part)).toEqual(files[i]!.slice(from))
  }
  await Promise.all([...sizes.keys(), ...sizes.keys()].map(check))
})

test('downloads, whole, in parts and cut off, leave no reader behind', async () => {
  const id = await upload(beseda.url, noise(1024 * 1024, 1))
  for (let i = 0; i < 10; i++) {
    await bytesOf(await download(beseda.url, id))
    await bytesOf(await download(beseda.url2, id, { Range: 'bytes=0-9' }))
    expect((await download(beseda.url, id, { Range: 'bytes=9999999-' })).status).toBe(416)
    const cut = new AbortController()
    await download(beseda.url2, id, {}, cut.signal)
    cut.abort()
  }
  expect((await store()).readers).toBe(0)
})

test('a body of unannounced length ends at the limit, and nothing of it is kept', async () => {
  const before = await store()
  const answer = await new Promise<string>((resolve, reject) => {
    const sending = request(
      `${beseda.url}/api/files?name=long.bin`,
      { method: 'POST', headers: bearer() },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(`${response.statusCode} ${text}`))
      },
    )
    sending.on('error', reject)
    for (let i = 0; i < 9; i++) sending.write(noise(PIECE, i))
    sending.end()
  })
  expect(answer).toMatch(/^429 .*TOO_LARGE/)
  await vi.waitFor(async () => expect((await store()).pieces).toBe(before.pieces))
})

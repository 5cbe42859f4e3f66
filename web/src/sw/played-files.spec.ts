import { expect, test, vi } from 'vitest'
import { answerPlayed, isPlayed, TOKEN_WANTED } from './played-files.js'

const ORIGIN = 'https://chat.example.org'
const FILE = `${ORIGIN}/api/files/01900000-0000-7000-8000-000000000001`

test.each([
  ['a film that is played', 'GET', `${FILE}?play`, true],
  ['a file that is fetched', 'GET', FILE, false],
  ['a thumbnail', 'GET', `${FILE}/thumbnail?play`, false],
  ['of another site', 'GET', 'https://else.example.org/api/files/01900000-0000-7000-8000-000000000001?play', false],
  ['an upload', 'POST', `${FILE}?play`, false],
  ['a method', 'GET', `${ORIGIN}/api/files?play`, false],
])('%s', (_, method, url, played) => {
  expect(isPlayed({ method, url }, ORIGIN)).toBe(played)
})

test('the wanted part is fetched with the token of the page', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('part', { status: 206 }))
  const page = {
    postMessage: (message: unknown, [port]: MessagePort[]) => port?.postMessage(message === TOKEN_WANTED ? 'abc' : ''),
  }
  const request = new Request(`${FILE}?play`, { headers: { Range: 'bytes=5-' } })
  const answer = await answerPlayed(request, page as never)
  expect(answer.status).toBe(206)
  const [path, init] = fetched.mock.calls[0] ?? []
  expect(path).toBe(new URL(FILE).pathname)
  expect(Object.fromEntries(init?.headers as Headers)).toEqual({ authorization: 'Bearer abc', range: 'bytes=5-' })
  fetched.mockRestore()
})

test('a page that has gone gets nothing', async () => {
  expect((await answerPlayed(new Request(`${FILE}?play`), undefined)).type).toBe('error')
})

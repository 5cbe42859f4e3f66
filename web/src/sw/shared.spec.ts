import { beforeEach, expect, test, vi } from 'vitest'
import { isShare, receiveShare } from './share-target.js'
import { takeShared, textOf } from './shared.js'

const ORIGIN = 'https://chat.example'
beforeEach(() => {
  const stored = new Map<string, Response>()
  const cache = {
    put: async (name: string, response: Response) => void stored.set(name, response),
    match: async (name: string) => stored.get(name)?.clone(),
  }
  const drop = async () => {
    const some = stored.size > 0
    stored.clear()
    return some
  }
  vi.stubGlobal('caches', { open: async () => cache, delete: drop })
  // A redirect of Node needs a whole address, that of a worker does not.
  vi.spyOn(Response, 'redirect').mockImplementation(
    (to) => new Response(null, { status: 303, headers: { Location: `${to}` } }),
  )
})

async function share(fields: Record<string, string>, ...files: File[]): Promise<Response> {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  for (const file of files) body.append('files', file)
  return receiveShare(new Request(`${ORIGIN}/share`, { method: 'POST', body }))
}

test('text and files of another app wait for the page, which gets them once', async () => {
  const response = await share({ text: 'look' }, new File(['abc'], 'a.txt', { type: 'text/plain' }))
  expect([response.status, response.headers.get('Location')]).toEqual([303, '/share'])
  const shared = await takeShared(Date.now())
  expect([shared?.text, shared?.files.map(({ name, type }) => [name, type])]).toEqual([
    'look',
    [['a.txt', 'text/plain']],
  ])
  expect(await shared?.files[0]?.text()).toBe('abc')
  expect(await takeShared(Date.now())).toBeUndefined()
})

test('the later one replaces the earlier, and after an hour nothing is offered', async () => {
  await share({ text: 'one' }, new File(['abc'], 'a.txt'))
  await share({ text: 'two' })
  expect(await takeShared(Date.now())).toEqual({ text: 'two', files: [] })
  await share({ text: 'late' })
  expect(await takeShared(Date.now() + 3_600_001)).toBeUndefined()
})

test.each([
  [{ title: 'A page', text: '', url: 'https://a.example' }, 'A page\nhttps://a.example'],
  [{ title: '', text: 'See https://a.example', url: 'https://a.example' }, 'See https://a.example'],
  [{ title: 'See', text: 'See this', url: '' }, 'See this'],
  [{ title: ' ', text: '', url: '' }, ''],
])('%o is said as one text', (fields, text) => expect(textOf(fields)).toBe(text))

test('only the form of the manifest is taken', () => {
  const is = (method: string, url: string) => isShare({ method, url }, ORIGIN)
  expect(is('POST', `${ORIGIN}/share`)).toBe(true)
  expect([is('GET', `${ORIGIN}/share`), is('POST', `${ORIGIN}/api`), is('POST', 'https://b.example/share')]).toEqual([
    false,
    false,
    false,
  ])
})

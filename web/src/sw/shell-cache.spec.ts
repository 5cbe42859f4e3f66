import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { activate, answerAsset, answerPage, type CacheLike, type CachesLike, install, kindOf } from './shell-cache.js'

const ORIGIN = 'https://chat.example'
const shell = {
  version: 'v3',
  files: ['/index.html', '/assets/index-abc.js', '/theme.js'],
  pack: '/assets/pack-123.json',
}
const PACKED = { '/assets/menu-abc.js': 'menu()', '/assets/menu-def.css': '.menu {}' }
const path = (request: RequestInfo) => (typeof request === 'string' ? request : new URL(request.url, ORIGIN).pathname)

/** The files on the server, by path; fetched through `fetch` and through `addAll`. */
let served: Map<string, string>
let fetched: string[]
const get = (request: RequestInfo): Promise<Response> => {
  fetched.push(path(request))
  const body = served.get(path(request))
  return body === undefined ? Promise.reject(new TypeError('no network')) : Promise.resolve(new Response(body))
}

/** Caches as in a browser, in memory. */
function memory(): CachesLike & { stores: Map<string, Map<string, Response>> } {
  const stores = new Map<string, Map<string, Response>>()
  const cacheOf = (store: Map<string, Response>): CacheLike => ({
    match: async (request) => store.get(path(request))?.clone(),
    put: async (request, response) => void store.set(path(request), response),
    addAll: async (requests) => {
      for (const request of requests) store.set(path(request), await get(request))
    },
  })
  return {
    stores,
    open: async (name) => {
      const store = stores.get(name) ?? new Map<string, Response>()
      stores.set(name, store)
      return cacheOf(store)
    },
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
    match: async (request) =>
      [...stores.values()]
        .map((store) => store.get(path(request)))
        .find(Boolean)
        ?.clone(),
  }
}

beforeEach(() => {
  served = new Map(shell.files.map((file) => [file, `new ${file}`])).set(shell.pack, JSON.stringify(PACKED))
  fetched = []
  vi.stubGlobal('fetch', get)
})
afterEach(() => vi.unstubAllGlobals())

const ask = (url: string, more: { method?: string; mode?: string } = {}) =>
  kindOf({ method: 'GET', mode: 'no-cors', url: `${ORIGIN}${url}`, ...more }, ORIGIN, shell)

describe('requests that the worker answers', () => {
  test.each(['/', '/c/018f', '/sign-in', '/invite/abc?x=1'])('%s is a page', (url) =>
    expect(ask(url, { mode: 'navigate' })).toBe('page'),
  )
  test.each(['/assets/index-abc.js', '/assets/later-def.js', '/theme.js'])('%s is a file of the client', (url) =>
    expect(ask(url)).toBe('asset'),
  )
  test.each(['/api/beseda.identity.v1.IdentityService/GetMe', '/ws', '/health/ready', '/icons/192.png'])(
    '%s is the network’s',
    (url) => expect(ask(url)).toBeUndefined(),
  )
  test('API answers and pictures opened in a window, and POST requests, are left to the network', () => {
    expect(ask('/api/files/1', { mode: 'navigate' })).toBeUndefined()
    expect(ask('/mark.svg', { mode: 'navigate' })).toBeUndefined()
    expect(ask('/', { method: 'POST', mode: 'navigate' })).toBeUndefined()
  })
  test('and so is everything of other origins', () => {
    const request = { method: 'GET', mode: 'navigate', url: 'https://elsewhere.example/' }
    expect(kindOf(request, ORIGIN, shell)).toBeUndefined()
  })
})

test('the first installation fetches the whole shell, which then opens without a network', async () => {
  const caches = memory()
  await install(caches, shell, ORIGIN)
  expect(new Set(fetched)).toEqual(new Set([...shell.files, shell.pack]))
  served.clear()
  const page = await answerPage(caches, shell, new Request(`${ORIGIN}/c/1`))
  expect(await page.text()).toBe('new /index.html')
  const script = await answerAsset(caches, shell, new Request(`${ORIGIN}/assets/index-abc.js`))
  expect(await script.text()).toBe('new /assets/index-abc.js')
})

test('an update fetches only what has changed', async () => {
  const caches = memory()
  await install(caches, { ...shell, version: 'v2' }, ORIGIN)
  fetched = []
  await install(caches, shell, ORIGIN)
  // The pack has a hash in its name: the browser's cache has it if it is the same.
  expect(new Set(fetched)).toEqual(new Set([shell.pack, '/index.html', '/theme.js']))
})

test('the parts in the pack are files of their own, each with its type', async () => {
  const caches = memory()
  await install(caches, shell, ORIGIN)
  served.clear()
  const parts = Object.keys(PACKED).map((part) => answerAsset(caches, shell, new Request(ORIGIN + part)))
  const answers = await Promise.all(parts)
  expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual([
    'text/javascript; charset=utf-8',
    'text/css; charset=utf-8',
  ])
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Object.values(PACKED))
})

test('without its pack a version is not installed', async () => {
  const answers = (request: RequestInfo) =>
    path(request) === shell.pack ? Promise.resolve(new Response('gone', { status: 404 })) : get(request)
  vi.stubGlobal('fetch', answers)
  await expect(install(memory(), shell, ORIGIN)).rejects.toThrow('404')
})

test('a window of the previous version keeps its files; older versions are deleted', async () => {
  const caches = memory()
  for (const version of ['v1', 'v2', 'v3']) await caches.open(`beseda-shell-${version}`)
  await caches.open('of somebody else')
  await (await caches.open('beseda-shell-v2')).put('/assets/old-part.js', new Response('old part'))
  await activate(caches, shell)
  expect(await caches.keys()).toEqual(['beseda-shell-v2', 'beseda-shell-v3', 'of somebody else'])
  const part = await answerAsset(caches, shell, new Request(`${ORIGIN}/assets/old-part.js`))
  expect(await part.text()).toBe('old part')
})

test('the index page is always of the same version', async () => {
  const caches = memory()
  await install(caches, { ...shell, version: 'v2' }, ORIGIN)
  served.set('/c/1', 'from the network')
  const page = await answerPage(caches, shell, new Request(`${ORIGIN}/c/1`))
  expect(await page.text()).toBe('from the network')
})

test('a file that is fetched later is cached, unless the request failed', async () => {
  const caches = memory()
  served.set('/assets/call-123.js', 'call')
  await answerAsset(caches, shell, new Request(`${ORIGIN}/assets/call-123.js`))
  served.clear()
  const again = await answerAsset(caches, shell, new Request(`${ORIGIN}/assets/call-123.js`))
  expect(await again.text()).toBe('call')
  vi.stubGlobal('fetch', async () => new Response('gone', { status: 404 }))
  const missing = await answerAsset(caches, shell, new Request(`${ORIGIN}/assets/gone-1.js`))
  expect(missing.status).toBe(404)
  expect(await caches.match('/assets/gone-1.js')).toBeUndefined()
})

describe('the cache never stands between a person and the server', () => {
  const page = () => new Request(`${ORIGIN}/c/1`)
  const script = () => new Request(`${ORIGIN}/assets/index-abc.js`)
  const never = () => new Promise<never>(() => undefined)
  const failing = () => Promise.reject(new Error('the storage is broken'))

  test.each([
    ['fails', failing],
    ['never answers', never],
  ])('one that %s: the network answers', async (_, open) => {
    vi.useFakeTimers()
    const caches = { ...memory(), open, match: open }
    served.set('/c/1', 'page')
    const answers = [answerPage(caches, shell, page()), answerAsset(caches, shell, script())]
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await Promise.all(answers.map(async (answer) => (await answer).text()))).toEqual([
      'page',
      'new /assets/index-abc.js',
    ])
    vi.useRealTimers()
  })

  test('a slow one still answers when there is no network', async () => {
    vi.useFakeTimers()
    const caches = memory()
    await install(caches, shell, ORIGIN)
    served.clear()
    const slow = {
      ...caches,
      open: (name: string) => new Promise<void>((resolve) => setTimeout(resolve, 10_000)).then(() => caches.open(name)),
    }
    const answer = answerPage(slow, shell, page())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await (await answer).text()).toBe('new /index.html')
    vi.useRealTimers()
  })

  test('a full disk: the file that was fetched is used all the same', async () => {
    const caches = memory()
    const full = { ...caches, open: async (name: string) => ({ ...(await caches.open(name)), put: failing }) }
    served.set('/assets/call-123.js', 'call')
    const answer = await answerAsset(full, shell, new Request(`${ORIGIN}/assets/call-123.js`))
    expect(await answer.text()).toBe('call')
  })
})

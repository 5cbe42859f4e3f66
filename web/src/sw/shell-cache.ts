/** The client's own files, cached on the device: the shell opens at once, and without a network. */

/** Written by the build (build/service-worker.ts): what is fetched at the installation. */
export interface Shell {
  /** Hash of all of it. */
  readonly version: string
  /** The page, the large parts, and the fonts. */
  readonly files: readonly string[]
  /** Its small parts in one file, a JSON object of their contents by path: one request instead of a hundred, and a third smaller compressed. */
  readonly pack: string
}

const PREFIX = 'beseda-shell-'
/** The previous version is kept: a window that has not been reloaded yet still fetches its files by their old names. */
const KEPT = 2

export interface CacheLike {
  match(request: string | Request): Promise<Response | undefined>
  put(request: string | Request, response: Response): Promise<void>
  addAll(requests: readonly RequestInfo[]): Promise<void>
}
export interface CachesLike {
  open(name: string): Promise<CacheLike>
  keys(): Promise<string[]>
  delete(name: string): Promise<boolean>
  match(request: string | Request): Promise<Response | undefined>
}

const nameOf = ({ version }: Shell) => `${PREFIX}${version}`

/** Fetches the files that the cache of this version lacks. Names in /assets contain a hash of the content: those are never fetched twice. */
export async function install(caches: CachesLike, shell: Shell, origin: string): Promise<void> {
  const cache = await caches.open(nameOf(shell))
  const lacking: string[] = []
  for (const file of shell.files) {
    const known = isHashed(file) ? await caches.match(file) : undefined
    if (known) await cache.put(file, known)
    else lacking.push(file)
  }
  // A hashed file may come from the browser's cache, where the page that registers this worker has put it.
  const requestFor = (file: string) =>
    new Request(new URL(file, origin), { cache: isHashed(file) ? 'default' : 'no-cache' })
  await Promise.all([cache.addAll(lacking.map(requestFor)), unpack(cache, requestFor(shell.pack))])
}

async function unpack(cache: CacheLike, request: Request): Promise<void> {
  const response = await fetch(request)
  if (!response.ok) throw new Error(`the pack: ${response.status}`)
  const parts = Object.entries((await response.json()) as Record<string, string>)
  await Promise.all(parts.map(([path, content]) => cache.put(path, new Response(content, headersOf(path)))))
}

const headersOf = (path: string) => ({
  headers: { 'Content-Type': `text/${path.endsWith('.css') ? 'css' : 'javascript'}; charset=utf-8` },
})

/** Deletes the caches of older versions; this one becomes the newest. */
export async function activate(caches: CachesLike, shell: Shell): Promise<void> {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== nameOf(shell))
  for (const name of ours.slice(0, Math.max(0, ours.length - (KEPT - 1)))) await caches.delete(name)
}

export const isHashed = (path: string) => path.startsWith('/assets/')

/** Paths that belong to the server, not to the client: the API, files, sockets, health. */
const SERVER = /^\/(api|ws|health|metrics|hooks|files|feeds?|dav)(\/|$)/

/** What this worker answers: `page` for a path inside the client, `asset` for a file of it, undefined for what is left to the network. */
export function kindOf(
  request: { method: string; mode: string; url: string },
  origin: string,
  shell: Shell,
): 'page' | 'asset' | undefined {
  const { origin: from, pathname } = new URL(request.url)
  if (request.method !== 'GET' || from !== origin || SERVER.test(pathname)) return undefined
  if (request.mode === 'navigate') return /\.\w+$/.test(pathname) ? undefined : 'page'
  return isHashed(pathname) || shell.files.includes(pathname) ? 'asset' : undefined
}

/** How long the network waits for the cache. Shorter: a slow phone fetches what it has; longer: a broken cache delays the page by that much. */
const PATIENCE_MS = 2_000

/** The index page of this version, from the cache; from the network if the browser has evicted it. */
export const answerPage = (caches: CachesLike, shell: Shell, request: Request): Promise<Response> =>
  cacheFirst(
    caches.open(nameOf(shell)).then((cache) => cache.match('/index.html')),
    () => fetch(request),
  )

/** A file of the client. A file that was not prefetched is cached when it is first used. */
export function answerAsset(caches: CachesLike, shell: Shell, request: Request): Promise<Response> {
  const cache = caches.open(nameOf(shell))
  const { pathname } = new URL(request.url)
  const known = cache
    .then((open) => open.match(pathname))
    .then((own) => own ?? (isHashed(pathname) ? caches.match(pathname) : undefined))
  return cacheFirst(known, async () => {
    const fresh = await fetch(request)
    if (fresh.ok && isHashed(pathname)) {
      const copy = fresh.clone()
      // The disk is full, or the storage is broken: the next use fetches it again.
      cache.then((open) => open.put(pathname, copy)).catch(() => undefined)
    }
    return fresh
  })
}

/** What the cache has. The network answers if the cache has nothing, fails, or does not answer in time; then whichever comes first. */
function cacheFirst(cached: Promise<Response | undefined>, network: () => Promise<Response>): Promise<Response> {
  const found = cached.then((response) => response ?? Promise.reject(new Error('not in the cache')))
  const fetched = new Promise<Response>((resolve, reject) => {
    const ask = () => void network().then(resolve, reject)
    const timer = setTimeout(ask, PATIENCE_MS)
    const settled = () => clearTimeout(timer)
    found.then(settled, () => {
      settled()
      ask()
    })
  })
  return Promise.any([found, fetched])
}

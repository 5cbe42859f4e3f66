import { factsOf } from '../domain/page.js'

export interface Picture {
  /** WebP. */
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
}

export interface Preview {
  readonly title: string
  readonly description: string
  readonly siteName: string
  readonly picture: Picture | undefined
}

/** The Internet outside. Errors: whatever keeps it from being fetched safely. */
export interface Outside {
  /** The text of a page, and where it was found at last. */
  page(url: URL): Promise<{ readonly html: string; readonly url: URL }>
  picture(url: URL): Promise<Picture>
}

/** What was found, for a while; `undefined` inside: there is nothing to show. */
export interface PreviewCache {
  get(url: string, now: number): { readonly preview: Preview | undefined } | undefined
  put(url: string, preview: Preview | undefined, until: number): void
}

const KEPT_MS = 24 * 3_600_000
/** A page that could not be fetched is tried again sooner. */
const FAILED_MS = 3_600_000
/** Pages fetched at one time; beyond, there is no preview this time. */
const MAX_RUNNING = 16
/** Of them begun by one person: nobody takes all the places with links to pages that never answer. A screen of messages has no more at once. */
const MAX_OF_ONE = 4

/** Previews of links: each page is fetched once, for everybody. */
export class Previews {
  readonly #running = new Map<string, Promise<Preview | undefined>>()
  readonly #begunBy = new Map<string, number>()

  constructor(
    private readonly outside: Outside,
    private readonly cache: PreviewCache,
    private readonly onResult: (result: 'found' | 'empty' | 'failed' | 'busy') => void,
  ) {}

  /** Undefined: there is nothing to show. */
  async of(address: string, userId: string, now: number): Promise<Preview | undefined> {
    if (!URL.canParse(address)) return undefined
    const url = new URL(address)
    url.hash = ''
    const known = this.cache.get(url.href, now)
    if (known) return known.preview
    const running = this.#running.get(url.href)
    if (running !== undefined) return running
    const begun = this.#begunBy.get(userId) ?? 0
    if (this.#running.size >= MAX_RUNNING || begun >= MAX_OF_ONE) {
      this.onResult('busy')
      return undefined
    }
    this.#begunBy.set(userId, begun + 1)
    const work = this.#fetch(url, now).finally(() => this.#ended(url.href, userId))
    this.#running.set(url.href, work)
    return work
  }

  #ended(href: string, userId: string): void {
    this.#running.delete(href)
    const left = (this.#begunBy.get(userId) ?? 1) - 1
    if (left > 0) this.#begunBy.set(userId, left)
    else this.#begunBy.delete(userId)
  }

  async #fetch(url: URL, now: number): Promise<Preview | undefined> {
    try {
      const page = await this.outside.page(url)
      const facts = factsOf(page.html, page.url)
      const picture = facts?.imageUrl
        ? await this.outside.picture(new URL(facts.imageUrl)).catch(() => undefined)
        : undefined
      const { title = '', description = '', siteName = '' } = facts ?? {}
      const preview = facts && { title, description, siteName, picture }
      this.cache.put(url.href, preview, now + KEPT_MS)
      this.onResult(preview ? 'found' : 'empty')
      return preview
    } catch {
      this.cache.put(url.href, undefined, now + FAILED_MS)
      this.onResult('failed')
      return undefined
    }
  }
}

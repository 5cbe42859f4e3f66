import { factsOf } from '../domain/page.js'
import type { Preview, PreviewCache, PreviewObserver, WebPages } from './ports.js'

const KEPT_MS = 24 * 3_600_000
/** A page that could not be fetched is tried again after this time. */
const FAILED_MS = 3_600_000
/** Pages fetched at one time; beyond that, a link has no preview this time. */
const MAX_RUNNING = 16
/** Of these the pages requested by one person: links to pages that never answer must not take all. A screen of messages has fewer links. */
const MAX_OF_ONE = 4

/** Previews of links. Each page is fetched once for everybody. */
export class Previews {
  readonly #running = new Map<string, Promise<Preview | undefined>>()
  /** How many running fetches each person requested. */
  readonly #requested = new Map<string, number>()

  constructor(
    private readonly web: WebPages,
    private readonly cache: PreviewCache,
    private readonly observer: PreviewObserver,
    /** False: nothing is fetched. */
    private readonly enabled = true,
  ) {}

  /** Undefined: there is nothing to show. */
  async of(address: string, userId: string, now: number): Promise<Preview | undefined> {
    if (!this.enabled || !URL.canParse(address)) return undefined
    const url = new URL(address)
    url.hash = ''
    const known = this.cache.get(url.href, now)
    if (known) return known.preview
    const running = this.#running.get(url.href)
    if (running !== undefined) return running
    const requested = this.#requested.get(userId) ?? 0
    if (this.#running.size >= MAX_RUNNING || requested >= MAX_OF_ONE) {
      this.observer.fetched('busy')
      return undefined
    }
    this.#requested.set(userId, requested + 1)
    const fetching = this.#fetch(url, now).finally(() => this.#ended(url.href, userId))
    this.#running.set(url.href, fetching)
    return fetching
  }

  #ended(href: string, userId: string): void {
    this.#running.delete(href)
    const left = (this.#requested.get(userId) ?? 1) - 1
    if (left > 0) this.#requested.set(userId, left)
    else this.#requested.delete(userId)
  }

  async #fetch(url: URL, now: number): Promise<Preview | undefined> {
    try {
      const page = await this.web.page(url)
      const facts = factsOf(page.html, page.url)
      const picture = facts?.imageUrl
        ? // A preview without its picture is better than none.
          await this.web.picture(new URL(facts.imageUrl)).catch(() => undefined)
        : undefined
      const { title = '', description = '', siteName = '' } = facts ?? {}
      const preview = facts && { title, description, siteName, picture }
      this.cache.put(url.href, preview, now + KEPT_MS)
      this.observer.fetched(preview ? 'found' : 'empty')
      return preview
    } catch {
      // Counted, and not asked for again for a while.
      this.cache.put(url.href, undefined, now + FAILED_MS)
      this.observer.fetched('failed')
      return undefined
    }
  }
}

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

/** The web. Errors of all methods: whatever keeps something from being fetched safely. */
export abstract class WebPages {
  /** The HTML of a page, and its address after redirects. */
  abstract page(url: URL): Promise<{ readonly html: string; readonly url: URL }>
  abstract picture(url: URL): Promise<Picture>
}

/** Previews fetched before. Times in Unix ms. */
export abstract class PreviewCache {
  /** Undefined: not fetched, or no longer valid. `preview` undefined: there is nothing to show. */
  abstract get(url: string, now: number): { readonly preview: Preview | undefined } | undefined
  abstract put(url: string, preview: Preview | undefined, until: number): void
}

export type PreviewResult = 'found' | 'empty' | 'failed' | 'busy'

/** Business metrics. */
export abstract class PreviewObserver {
  abstract fetched(result: PreviewResult): void
}
